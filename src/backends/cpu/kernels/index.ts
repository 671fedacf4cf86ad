// The exports of this file are the exports of the kernels module. Kernels are `(args: usize, task: i32, thread: i32):
// void`.

/** The first byte of memory after the static data of the kernels. */
export function staticsEnd(): usize {
  return __heap_base;
}

export { copy } from './copy';
export { gather, indexAdd, indexSelect, scatterAdd } from './gather';
export { erf4, exp4, expm1_4, sigmoid4, tanh4 } from './math/math-exp';
export { log1p4, log4 } from './math/math-log';
export { pow4 } from './math/math-pow';
export { cos4, sin4 } from './math/math-trig';
export { avgPool2d, maxPool2d } from './pool/pool2d';
export { avgPool2dGrad, maxPool2dGrad } from './pool/pool2d-grad';
export { random } from './random';
export { argReduce, cumsum } from './scan';
export { matmulDots, matmulInPlace, matmulPacked, matmulRow } from './matmul/matmul';
export { convGather } from './conv/conv-gather';
export { convAddSlices, convWeightGrad } from './conv/conv-weight';
export { winogradGradient, winogradInput } from './winograd/winograd-input';
export { winogradConvolve, winogradProducts } from './winograd/winograd-products';
export { winogradWeightProducts, winogradWeightSums } from './winograd/winograd-sums';
export { winogradWeightGrad, winogradWeights } from './winograd/winograd-weights';
