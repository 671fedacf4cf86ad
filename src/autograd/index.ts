export { type GradientsOf, type GradOptions, grad } from './backward.js';
export type { BackwardOptions } from './carry.js';
export { checkpoint } from './checkpoint.js';
export {
  CustomFunction as Function,
  type FunctionContext,
  type FunctionGradients,
  type OutputGradients,
} from './custom-function.js';
export { type Differentiable, type GradcheckOptions, gradcheck, gradgradcheck } from './gradcheck.js';
export { enableGrad, isGradEnabled, noGrad } from './mode.js';
