import { expected, ShapeError, shapeText } from '../errors.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { backward } from './backward.js';
import { detach, gradientState, gradOf, requiresGrad, retainGrad, setGrad, setRequiresGrad } from './graph.js';
import { cast, clone } from './ops/fill.js';
import { gather, scatterAdd } from './ops/index/gather.js';
import { indexAdd, indexSelect } from './ops/index/index-select.js';
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus, tanh } from './ops/math/activation.js';
import { argmax, argmin } from './ops/math/argmax.js';
import { add, div, maximum, minimum, mul, neg, pow, sub } from './ops/math/arithmetic.js';
import { clamp } from './ops/math/clamp.js';
import { eq, ge, gt, le, lt, ne } from './ops/math/compare.js';
import { cumsum } from './ops/math/cumsum.js';
import { abs, cos, exp, log, sin, sqrt } from './ops/math/elementary.js';
import { matmul } from './ops/math/matmul.js';
import { prod } from './ops/math/prod.js';
import { expand, max, mean, min, sum, variance } from './ops/math/reduction.js';
import { logSoftmax, logsumexp, softmax } from './ops/math/softmax.js';
import { dropout } from './ops/nn/dropout.js';
import { split } from './ops/shape/cat.js';
import { pad } from './ops/shape/pad.js';
import { permute, transpose } from './ops/shape/permute.js';
import { flatten, reshape, squeeze, unsqueeze } from './ops/shape/reshape.js';
import { flip, slice } from './ops/shape/slice.js';
import { to } from './ops/to.js';

/** Numbers given one by one or as one list. */
export type Numbers = readonly number[] | readonly [readonly number[]];

/** x.name(...rest) is name(x, ...rest). */
const methods = {
  ...{ add, sub, mul, div, pow, neg, maximum, minimum, eq, ne, lt, le, gt, ge },
  ...{ abs, sqrt, exp, log, sin, cos, tanh, sigmoid, relu, leakyRelu, gelu, silu, elu, softplus, clamp },
  ...{ sum, mean, variance, max, min, prod, argmax, argmin, cumsum, logsumexp, softmax, logSoftmax },
  ...{ gather, scatterAdd, indexSelect, indexAdd, dropout },
  ...{ matmul, flatten, transpose, squeeze, unsqueeze, slice, split, pad, flip, clone, cast, to, detach, retainGrad },
  ...{ backward },
};

/** x.name(...numbers) and x.name(numbers) are name(x, numbers). */
const listMethods = { reshape, expand, permute };

/** The operations as methods of their first operand. */
export type TensorMethods = {
  [Name in keyof typeof methods]: (typeof methods)[Name] extends (x: Tensor, ...rest: infer Rest) => infer Result
    ? (...rest: Rest) => Result
    : never;
};

declare module '../tensor/tensor.js' {
  interface Tensor extends TensorMethods {
    /** The same values in another shape, sharing memory; one axis may be -1 and is computed. */
    reshape(...shape: Numbers): Tensor;
    /** Repeated up to a shape that it broadcasts to. */
    expand(...shape: Numbers): Tensor;
    /** With its axes in another order. */
    permute(...axes: Numbers): Tensor;
    /** The gradient that `backward` left, or null; may be set. Throws ShapeError for a gradient of another shape. */
    grad: Tensor | null;
    /** True if gradients flow to or through the tensor; may be set for leaves. */
    requiresGrad: boolean;
    /** True unless the tensor is the result of a recorded operation. */
    readonly isLeaf: boolean;
    /** A matrix with rows and columns exchanged. */
    readonly T: Tensor;
  }
}

for (const [name, f] of Object.entries(methods) as [string, (x: Tensor, ...rest: never[]) => unknown][]) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return f(this, ...rest);
    },
  });
}

for (const [name, f] of Object.entries(listMethods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...numbers: Numbers) {
      return f(this, (Array.isArray(numbers[0]) ? numbers[0] : numbers) as readonly number[]);
    },
  });
}

Object.defineProperties(Tensor.prototype, {
  grad: {
    get(this: Tensor) {
      return gradOf(this);
    },
    set(this: Tensor, grad: Tensor | null) {
      if (grad && !sameShape(grad.shape, this.shape)) {
        throw new ShapeError(expected('grad', `a gradient ${shapeText(this.shape)}`, shapeText(grad.shape)));
      }
      setGrad(this, grad);
    },
  },
  requiresGrad: {
    get(this: Tensor) {
      return requiresGrad(this);
    },
    set(this: Tensor, on: boolean) {
      setRequiresGrad(this, on);
    },
  },
  isLeaf: {
    get(this: Tensor) {
      return !gradientState(this)?.node;
    },
  },
  T: {
    get(this: Tensor) {
      return transpose(this);
    },
  },
});
