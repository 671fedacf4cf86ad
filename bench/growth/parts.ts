import { byBatch, byThreads, byWidth, type Growing } from '../workloads/growth.js';

/** A part in which the batch or the network grows. */
export interface SizePart {
  readonly title: string;
  readonly steps: Growing;
  /** What grows, and what is shown: in the table, and on the axes of the chart. */
  readonly columns: readonly [size: string, shown: string];
  readonly axes: readonly [size: string, shown: string];
  /** What is shown of a step that takes `ms` milliseconds. */
  readonly shown: (ms: number, size: number) => number;
  /** Whether that grows by factors, as the size does. */
  readonly logarithmic: boolean;
}

/** The parts in which the batch or the network grows. */
export const sizeParts: Readonly<Record<'batch' | 'width', SizePart>> = {
  batch: {
    title: 'Training ResNet-18 of width 16',
    steps: byBatch,
    columns: ['batch', 'images/s'],
    axes: ['batch (images)', 'speed (images/s)'],
    shown: (ms, size) => (1000 * size) / ms,
    logarithmic: false,
  },
  width: {
    title: 'Training ResNet-18 at batch 32',
    steps: byWidth,
    columns: ['width', 'ms a step'],
    axes: ['width (channels of the first stage)', 'time of a step (ms)'],
    shown: (ms) => ms,
    logarithmic: true,
  },
};

/** The size at which a workload of a part is. */
export function sizeOf({ steps }: SizePart, workload: string): number {
  return steps.find((step) => step.workload.name === workload)?.size ?? Number.NaN;
}

/** Names of all parts, which `--growth` accepts. */
export const partNames = ['batch', 'width', 'threads'] as const;

/** The name of a part; in `threads` the number of threads grows. */
export type PartName = (typeof partNames)[number];

/** The parts that `--growth` names: true means all. */
export function partsOf(growth: true | PartName): readonly PartName[] {
  return growth === true ? partNames : [growth];
}

/** Names of the workloads of a part. */
export function workloadsOf(part: PartName): string[] {
  if (part === 'threads') return [...byThreads.convolutional, ...byThreads.others];
  return sizeParts[part].steps.map(({ workload }) => workload.name);
}
