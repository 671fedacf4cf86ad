import { convolution } from './conv.js';
import { byBatch, byWidth } from './growth.js';
import { lstm } from './lstm.js';
import { matmul } from './matmul.js';
import { nanogpt } from './nanogpt.js';
import { networks } from './networks.js';
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
  ...networks,
  ...lstm,
  ...nanogpt,
  ...optimizers,
];

/** The workloads of the table and those of `--growth`, by name. */
export const workloadsByName: ReadonlyMap<string, Workload> = new Map(
  [...workloads, ...[...byBatch, ...byWidth].map(({ workload }) => workload)].map((each) => [each.name, each]),
);
