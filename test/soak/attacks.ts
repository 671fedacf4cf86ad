import type { Attack } from './attack.js';
import { downloads } from './downloads.js';
import { trainingFaults } from './faults.js';
import { hostileCalls } from './hostile-calls.js';
import { hostileFiles } from './hostile-files.js';
import { hostileFormats } from './hostile-formats.js';
import { parity } from './parity.js';

/** All attacks, in the order of the table. */
export const attacks: readonly Attack[] = [
  trainingFaults,
  downloads,
  hostileFiles,
  hostileFormats,
  hostileCalls,
  parity,
];
