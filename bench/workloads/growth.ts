import { trainResnet } from './resnet.js';
import type { Workload } from './workload.js';

/** Workloads in the order of a size that grows. */
export type Growing = readonly { readonly size: number; readonly workload: Workload }[];

/** Training ResNet-18 of width 16 at different batches. */
export const byBatch: Growing = [1, 8, 32, 128, 512].map((size) => ({ size, workload: trainResnet(16, size) }));

/** Training ResNet-18 of different widths at batch 32. */
export const byWidth: Growing = [8, 16, 32, 64, 128].map((size) => ({ size, workload: trainResnet(size, 32) }));

/** Names of workloads that are measured on one and on all threads, by whether they are made of convolutions. */
export const byThreads = {
  convolutional: [
    ...['conv3x3-64-32-b8-train', 'conv3x3-256-8-b32-train', 'mnist-cnn-b64-train'],
    ...['resnet18-w16-b128-train', 'resnet18-w64-b32-train'],
  ],
  others: ['matmul-1024', 'mlp-b128-train', 'lstm-2x200-ptb-train', 'nanogpt-train'],
};
