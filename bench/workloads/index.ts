import { convolution } from './conv.js';
import { lstm } from './lstm.js';
import { matmul } from './matmul.js';
import { nanogpt } from './nanogpt.js';
import { optimizers } from './optimizer.js';
import { resnet } from './resnet.js';
import { small } from './small.js';
import type { Workload } from './workload.js';

/** Every workload, in the order of the table. */
export const workloads: Workload[] = [
  ...matmul,
  ...convolution,
  ...small,
  ...resnet,
  ...lstm,
  ...nanogpt,
  ...optimizers,
];
