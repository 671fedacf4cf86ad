export * from './cat.js';
export * from './pad.js';
export * from './permute.js';
export * from './reshape.js';
export * from './slice.js';
