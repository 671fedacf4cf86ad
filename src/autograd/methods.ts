import { Tensor } from '../tensor/tensor.js';
import { backward } from './backward.js';
import { detach, gradientState, gradOf, requiresGrad, retainGrad, setGrad, setRequiresGrad } from './graph.js';
import { cast, clone, to } from './ops/convert.js';
import { expectShape } from './ops/expect.js';
import { gather, scatterAdd } from './ops/index/gather.js';
import { indexAdd, indexSelect } from './ops/index/index-select.js';
import * as activations from './ops/math/activation.js';
import { argmax, argmin } from './ops/math/argmax.js';
import * as arithmetic from './ops/math/arithmetic.js';
import { clamp } from './ops/math/clamp.js';
import * as relations from './ops/math/compare.js';
import { cumsum } from './ops/math/cumsum.js';
import * as elementary from './ops/math/elementary.js';
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
import type { ListMethods, Numbers, TensorMethods } from './tensor-methods.js';

const functions = {
  ...arithmetic,
  ...relations,
  ...elementary,
  ...activations,
  ...{ clamp, sum, mean, variance, max, min, prod, argmax, argmin, cumsum, logsumexp, softmax, logSoftmax },
  ...{ matmul, gather, scatterAdd, indexSelect, indexAdd, dropout },
  ...{ flatten, transpose, squeeze, unsqueeze, slice, split, pad, flip, clone, cast, to, detach, retainGrad },
  ...{ backward },
};

type Functions = typeof functions;

/** True if two types are the same, optional parameters included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** The other parameters and the result of a function that becomes a method of its first parameter. */
type Rest<F> = F extends (first: never, ...rest: infer P) => infer R ? [P, R] : never;

/** Names that are only declared, only in the table, or declared with another signature. */
type Mismatch = {
  [N in keyof Functions | keyof TensorMethods]: N extends keyof Functions & keyof TensorMethods
    ? Same<Rest<Functions[N]>, [Parameters<TensorMethods[N]>, ReturnType<TensorMethods[N]>]> extends true
      ? never
      : N
    : N;
}[keyof Functions | keyof TensorMethods];

/** What `TensorMethods` declares, by name: x.name(...rest) is name(x, ...rest). */
export const methods: [Mismatch] extends [never] ? Functions : Mismatch = functions;

/** x.name(...numbers) and x.name(numbers) are name(x, numbers). */
export const listMethods: Record<keyof ListMethods, (x: Tensor, numbers: readonly number[]) => Tensor> = {
  reshape,
  expand,
  permute,
};

declare module '../tensor/tensor.js' {
  interface Tensor extends TensorMethods, ListMethods {
    /** The gradient that `backward` stored, or null. Setting it to a gradient of another shape throws ShapeError. */
    grad: Tensor | null;
    /** True if gradients flow to or through the tensor; may be set for leaves. */
    requiresGrad: boolean;
    /** True unless the tensor is the result of a recorded operation. */
    readonly isLeaf: boolean;
    /** The tensor with its last two axes exchanged. */
    readonly T: Tensor;
  }
}

for (const [name, f] of Object.entries<(x: Tensor, ...rest: never[]) => unknown>(functions)) {
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
      if (grad) expectShape('grad', 'a gradient', grad, this.shape);
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
