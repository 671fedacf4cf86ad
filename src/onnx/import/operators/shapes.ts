import { filled } from '../../../autograd/ops/fill.js';
import { reshape } from '../../../autograd/ops/shape/reshape.js';
import { expected, ShapeError, shapeText, textOf, ValueError } from '../../../errors.js';
import { backendOf } from '../../../tensor/device.js';
import { normalizeAxes, normalizeAxis, numel } from '../../../tensor/shape.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { listReader } from '../integer-list.js';
import type { Operator, Operators } from '../operator.js';
import { integersOf, integerTensor } from '../static-values.js';

const reshaping: Operator = {
  inputs: [2, 2],
  read: [1],
  moves: true,
  prepare(node) {
    const allowsZero = node.flag('allowzero', false);
    return ([given, lengths]) => {
      const x = given as Tensor;
      const shape = integersOf(lengths as Tensor);
      return [reshape(x, allowsZero ? shape : shape.map((n, axis) => (n === 0 ? (x.shape[axis] ?? 0) : n)))];
    };
  },
};

const flattening: Operator = {
  inputs: [1, 1],
  moves: true,
  prepare(node) {
    const axis = node.attribute('axis', 'int', 1);
    return ([given]) => {
      const x = given as Tensor;
      const at = axis === x.ndim ? axis : normalizeAxis('Flatten', axis, x.ndim);
      return [reshape(x, [numel(x.shape.slice(0, at)), numel(x.shape.slice(at))])];
    };
  },
};

const squeezing: Operator = {
  inputs: [1, 2],
  read: [1],
  moves: true,
  prepare(node) {
    const axesOf = listReader(node, 'axes', 1);
    return (inputs) => {
      const x = inputs[0] as Tensor;
      const given = axesOf(inputs);
      const axes = given
        ? normalizeAxes('Squeeze', given, x.ndim)
        : x.shape.flatMap((n, axis) => (n === 1 ? [axis] : []));
      if (axes.some((axis) => x.shape[axis] !== 1)) {
        throw new ShapeError(expected('Squeeze', `length 1 at axes ${axes}`, shapeText(x.shape)));
      }
      return [
        reshape(
          x,
          x.shape.filter((_, axis) => !axes.includes(axis)),
        ),
      ];
    };
  },
};

const unsqueezing: Operator = {
  inputs: [1, 2],
  read: [1],
  moves: true,
  prepare(node) {
    const axesOf = listReader(node, 'axes', 1);
    return (inputs) => {
      const x = inputs[0] as Tensor;
      const given = axesOf(inputs) ?? [];
      const axes = normalizeAxes('Unsqueeze', given, x.ndim + given.length);
      const shape = [...x.shape];
      for (const axis of axes) shape.splice(axis, 0, 1);
      return [reshape(x, shape)];
    };
  },
};

const shapeOf: Operator = {
  inputs: [1, 1],
  prepare(node) {
    const start = node.attribute('start', 'int', 0);
    const end = node.attribute('end', 'int', null);
    return ([x]) => [integerTensor((x as Tensor).shape.slice(start, end ?? undefined))];
  },
};

const constantOfShape: Operator = {
  inputs: [1, 1],
  read: [0],
  prepare(node) {
    const value = node.attribute('value', 'tensor', null);
    if (value && value.values.length !== 1) node.fail('one element in value', `${value.values.length}`);
    return ([lengths]) => {
      const shape = integersOf(lengths as Tensor);
      return [
        filled('ConstantOfShape', shape, value?.values[0] ?? 0, value?.dtype ?? 'float32', backendOf('reference')),
      ];
    };
  },
};

const range: Operator = {
  inputs: [3, 3],
  read: [0, 1, 2],
  prepare: () => (inputs) => {
    const [start, limit, step] = inputs.map((t) => (t as Tensor).itemSync());
    const count = Math.max(0, Math.ceil((limit - start) / step));
    if (inputs[0]?.dtype !== 'int32' || !(count <= mostInRange)) {
      throw new ValueError(expected('Range', `at most ${mostInRange} integers`, textOf([start, limit, step])));
    }
    return [integerTensor(Array.from({ length: count }, (_, i) => start + i * step))];
  },
};

/** The most elements of a range. */
const mostInRange = 2 ** 24;

/** Operators that give elements another shape, and those on shapes. */
export const shapeOperators: Operators = {
  Reshape: reshaping,
  Flatten: flattening,
  Squeeze: squeezing,
  Unsqueeze: unsqueezing,
  Shape: shapeOf,
  Size: {
    inputs: [1, 1],
    prepare:
      () =>
      ([x]) => [integerTensor([(x as Tensor).size], [])],
  },
  ConstantOfShape: constantOfShape,
  Range: range,
};
