import { expand } from '../../../autograd/ops/math/reduction.js';
import { cat, split } from '../../../autograd/ops/shape/cat.js';
import { pad } from '../../../autograd/ops/shape/pad.js';
import { permute } from '../../../autograd/ops/shape/permute.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { type Range, slice } from '../../../autograd/ops/shape/slice.js';
import { expected, ShapeError, shapeText, textOf, ValueError } from '../../../errors.js';
import { broadcastShapes, normalizeAxis } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { listReader } from '../integer-list.js';
import type { Operator, Operators } from '../operator.js';
import { aligned, integersOf } from '../static-values.js';

const transposition: Operator = {
  inputs: [1, 1],
  moves: true,
  prepare(node) {
    const perm = node.attribute('perm', 'ints', null);
    return ([x]) => [permute(x as Tensor, perm ?? (x as Tensor).shape.map((_, axis, { length }) => length - 1 - axis))];
  },
};

const concatenation: Operator = {
  inputs: [1, Number.POSITIVE_INFINITY],
  moves: true,
  prepare(node) {
    const axis = node.attribute('axis', 'int', null) ?? node.fail('an axis', 'none');
    return (inputs) => [cat(aligned(inputs) as Tensor[], axis)];
  },
};

const splitting: Operator = {
  inputs: [1, 2],
  outputs: Number.POSITIVE_INFINITY,
  read: [1],
  moves: true,
  prepare(node) {
    const axis = node.attribute('axis', 'int', 0);
    const sizesOf = listReader(node, 'split', 1);
    const count = node.attribute('num_outputs', 'int', node.outputs.length);
    if (!(count >= 1 && count === node.outputs.length)) node.fail(`${count} outputs`, `${node.outputs.length}`);
    return (inputs) => {
      const x = inputs[0] as Tensor;
      const length = x.shape[normalizeAxis('Split', axis, x.ndim)];
      const parts = split(x, sizesOf(inputs) ?? Math.max(1, Math.ceil(length / count)), axis);
      if (parts.length === count) return parts;
      throw new ShapeError(expected('Split', `${count} parts`, `${parts.length} of ${shapeText(x.shape)}`));
    };
  },
};

const slicing: Operator = {
  inputs: [3, 5],
  read: [1, 2, 3, 4],
  moves: true,
  prepare:
    () =>
    ([x, ...given]) => {
      const [starts, ends, axes, steps] = given.map((t) => t && integersOf(t));
      const { ndim } = x as Tensor;
      const count = starts?.length;
      const at = (axes ?? (starts ?? []).map((_, i) => i)).map((axis) => normalizeAxis('Slice', axis, ndim));
      if (ends?.length !== count || at.length !== count || (steps && steps.length !== count)) {
        throw new ValueError(
          expected('Slice', 'starts, ends, axes and steps of one length', textOf([starts, ends, at])),
        );
      }
      const ranges = new Array<Range>(ndim).fill(null);
      at.forEach((axis, i) => {
        const step = steps?.[i] ?? 1;
        const [start, end] = [starts?.[i] ?? 0, ends?.[i] ?? 0];
        const length = (x as Tensor).shape[axis];
        // an end before the first position: a negative one would count from the end
        ranges[axis] = [start, step < 0 && end < -length ? null : end, step];
      });
      return [slice(x as Tensor, ranges)];
    },
};

const expansion: Operator = {
  inputs: [2, 2],
  read: [1],
  moves: true,
  prepare:
    () =>
    ([x, lengths]) => [
      expand(x as Tensor, broadcastShapes('Expand', (x as Tensor).shape, integersOf(lengths as Tensor))),
    ],
};

const tiling: Operator = {
  inputs: [2, 2],
  read: [1],
  moves: true,
  prepare:
    () =>
    ([given, times]) => {
      const x = given as Tensor;
      const repeats = integersOf(times as Tensor);
      if (repeats.length !== x.ndim) {
        throw new ValueError(expected('Tile', `${x.ndim} numbers of repeats`, textOf(repeats)));
      }
      const apart = reshape(
        x,
        x.shape.flatMap((length) => [1, length]),
      );
      const repeated = expand(
        apart,
        x.shape.flatMap((length, axis) => [repeats[axis], length]),
      );
      return [
        reshape(
          repeated,
          x.shape.map((length, axis) => repeats[axis] * length),
        ),
      ];
    },
};

const padding: Operator = {
  inputs: [1, 4],
  read: [1, 2, 3],
  prepare(node) {
    node.choice('mode', ['constant']);
    const padsOf = listReader(node, 'pads', 1);
    const fill = node.attribute('value', 'float', 0);
    return (inputs) => {
      const x = inputs[0] as Tensor;
      const pads = padsOf(inputs) ?? [];
      const axes = inputs[3] ? integersOf(inputs[3]) : x.shape.map((_, axis) => axis);
      if (pads.length !== 2 * axes.length) {
        throw new ValueError(expected('Pad', `${2 * axes.length} widths for ${shapeText(x.shape)}`, textOf(pads)));
      }
      const widths = new Array<number>(2 * x.ndim).fill(0);
      axes.forEach((axis, i) => {
        const place = 2 * (x.ndim - 1 - normalizeAxis('Pad', axis, x.ndim));
        widths[place] = pads[i];
        widths[place + 1] = pads[axes.length + i];
      });
      return [pad(x, widths, inputs[2]?.itemSync() ?? fill)];
    };
  },
};

/** Operators that move, repeat and join elements. */
export const partOperators: Operators = {
  Transpose: transposition,
  Concat: concatenation,
  Split: splitting,
  Slice: slicing,
  Expand: expansion,
  Tile: tiling,
  Pad: padding,
};
