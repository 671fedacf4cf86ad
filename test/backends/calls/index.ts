import type { Calls } from './call.js';
import { conv2dCalls } from './conv2d.js';
import { copyCalls } from './copy.js';
import { gatherCalls } from './gather.js';
import { mapCalls } from './map.js';
import { mapRandomCalls } from './map-random.js';
import { matmulCalls } from './matmul.js';
import { partCalls } from './parts.js';
import { pool2dCalls } from './pool2d.js';
import { randomCalls } from './random.js';
import { reduceCalls } from './reduce.js';
import { scanCalls } from './scan.js';

/** Random calls of every primitive of a backend, by name. */
export const calls: Readonly<Record<string, Calls>> = {
  ...mapCalls,
  ...mapRandomCalls,
  ...reduceCalls,
  ...scanCalls,
  ...copyCalls,
  ...matmulCalls,
  ...partCalls,
  ...conv2dCalls,
  ...pool2dCalls,
  ...gatherCalls,
  ...randomCalls,
};
