export * from './adaptive-pool2d.js';
export * from './avg-pool2d.js';
export { type BatchNormModeOptions, batchNorm } from './batch-norm.js';
export * from './conv2d.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './layer-norm.js';
export * from './linear.js';
export * from './max-pool2d.js';
