export { type BackwardOptions, grad } from './backward.js';
export { isGradEnabled, noGrad } from './mode.js';
