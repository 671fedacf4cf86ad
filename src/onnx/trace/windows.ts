import type { Conv2dGeometry, Pool2dGeometry } from '../../tensor/backend.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Attributes, Value } from '../graph/value.js';

/** A convolution of x (B, C, H, W) with w (O, C/groups, kH, kW) and, if given, a bias (O). */
export function convolution(
  b: GraphBuilder,
  inputs: readonly Value[],
  shape: readonly number[],
  g: Conv2dGeometry,
): Value {
  return b.add(
    'Conv',
    inputs,
    { shape, type: 'float32' },
    {
      ...windowOf(g, [g.padY, g.padX, g.padY, g.padX]),
      dilations: [g.dilationY, g.dilationX],
      group: g.groups,
    },
  );
}

/** The largest element of each window; the last windows may extend beyond the padding, where nothing is largest. */
export function maxPool(b: GraphBuilder, x: Value, shape: readonly number[], g: Pool2dGeometry): Value {
  return b.add('MaxPool', [x], { shape, type: 'float32' }, windowOf(g, poolPads(g)));
}

/** The mean of each window, in which padding counts as zeros. */
export function averagePool(b: GraphBuilder, x: Value, shape: readonly number[], g: Pool2dGeometry): Value {
  const attributes = { ...windowOf(g, poolPads(g)), count_include_pad: 1 };
  return b.add('AveragePool', [x], { shape, type: 'float32' }, attributes);
}

/** [top, left, bottom, right], as much as the last windows need. */
function poolPads(g: Pool2dGeometry): number[] {
  const bottom = (g.outHeight - 1) * g.strideY + g.kernelHeight - g.inHeight - g.padY;
  const right = (g.outWidth - 1) * g.strideX + g.kernelWidth - g.inWidth - g.padX;
  return [g.padY, g.padX, Math.max(g.padY, bottom), Math.max(g.padX, right)];
}

function windowOf(g: Conv2dGeometry | Pool2dGeometry, pads: readonly number[]): Attributes {
  return { kernel_shape: [g.kernelHeight, g.kernelWidth], strides: [g.strideY, g.strideX], pads };
}
