// The exports of this file are the exports of the module of 256-bit kernels, which replace kernels of the same name.

/** The first byte of memory after the static data of these kernels, which follow those of the others. */
export function staticsEnd(): usize {
  return __heap_base;
}

// Inner loops, exported so that a test finds whether the engine joins their vectors. The engine compiles only the first
// 32 functions of the module so; the loops must be among them. The compiler sorts functions by the number of their uses,
// so helpers with several uses come first; if a loop is too late, inline some of them.
export { gatherTile8, gatherTileWide, gatherTileWide6 } from './conv/conv-tile';
export { tileInPlaceWide, tileWide6, tileWideRows } from './matmul/matmul-tile-wide';
export { tiles6 } from './winograd/winograd-tile';
export {
  gradientTransforms, inputTransforms, outputTransforms, weightGradientTransforms, weightTransforms,
} from './winograd/winograd-transforms';

export { convGather } from './conv/conv-gather';
export { convWeightGrad } from './conv/conv-weight';
// two tiles that the probe compares
export { tilePacked } from './matmul/matmul-tile';
export { tileWide } from './matmul/matmul-tile-wide';
export { matmulInPlace, matmulPacked } from './matmul/matmul';
export { winogradGradient, winogradInput } from './winograd/winograd-input';
export { winogradConvolve, winogradProducts } from './winograd/winograd-products';
export { winogradWeightProducts, winogradWeightSums } from './winograd/winograd-sums';
export { winogradWeightGrad, winogradWeights } from './winograd/winograd-weights';
