// The exports of this file are the exports of the module of 256-bit kernels, which replace kernels of the same name.

/** The first byte of memory after the static data of these kernels, which follow those of the others. */
export function staticsEnd(): usize {
  return __heap_base;
}

export { convGather } from './conv/conv-gather';
export { convWeightGrad } from './conv/conv-weight';
// two tiles that the probe compares
export { tilePacked, tileWide } from './matmul/matmul-tile';
export { matmulInPlace, matmulPacked } from './matmul/matmul';
export { winogradGradient, winogradInput } from './winograd/winograd-input';
export { winogradProducts, winogradWeightProducts } from './winograd/winograd-products';
export { winogradWeightGrad, winogradWeights } from './winograd/winograd-weights';

// Inner loops, exported so that a test finds whether the engine joins their vectors. The engine compiles only the first
// 32 functions of the module so; the loops must be among them.
export { gatherTile8, gatherTileWide, gatherTileWide6 } from './conv/conv-tile';
export { tileInPlaceWide, tileWide6, tileWideRows } from './matmul/matmul-tile';
export { tiles6 } from './winograd/winograd-tile';
export {
  gradientTransforms, inputTransforms, outputTransforms, weightGradientTransforms, weightTransforms,
} from './winograd/winograd-transforms';
