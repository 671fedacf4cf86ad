import { AntinodeError, expected, shapeText } from '../errors.js';
import { backendOf, withDevice } from '../tensor/device.js';
import { expectFunction, expectList, expectTensor } from '../tensor/expect.js';
import { copyTo, writeValues } from '../tensor/host.js';
import { scope } from '../tensor/memory/scope.js';
import { flag, nonNegative, positive } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { Generator } from '../tensor/random.js';
import { random } from '../tensor/run.js';
import type { Tensor } from '../tensor/tensor.js';
import { grad } from './backward.js';
import { requiresGrad, setRequiresGrad } from './graph.js';
import { withGrad } from './mode.js';

/** Options of `gradcheck`. */
export interface GradcheckOptions {
  /**
   * Half the distance between the two points of a difference.
   * @default 1e-6
   */
  readonly eps?: number;
  /**
   * Absolute tolerance.
   * @default 1e-7
   */
  readonly atol?: number;
  /**
   * Relative tolerance.
   * @default 1e-5
   */
  readonly rtol?: number;
  /**
   * Check the gradients that are computed for higher derivatives.
   * @default false
   */
  readonly createGraph?: boolean;
}

const gradcheckOptions: OptionTable<Required<GradcheckOptions>> = {
  eps: positive(1e-6),
  atol: nonNegative(1e-7),
  rtol: nonNegative(1e-5),
  createGraph: flag(false),
};

/** A function from tensors to one or more tensors. */
export type Differentiable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/**
 * Compares the gradients of `f` with central differences, in double precision on the reference device: `f` receives
 * copies of the inputs on that device, which is also the default device while `f` runs. The gradient of a randomly
 * weighted sum of all outputs is checked for every float32 input. Returns true if all gradients agree. `f` must return
 * the same result each time.
 * @throws AntinodeError at the first element that differs; the message names the element, the input and both values.
 */
export function gradcheck(f: Differentiable, inputs: readonly Tensor[], options?: GradcheckOptions): true {
  const { eps, atol, rtol, createGraph } = resolveOptions('gradcheck', gradcheckOptions, options);
  expectFunction('gradcheck', 'a function of tensors', f);
  expectList('gradcheck', 'a list of tensors', inputs);
  for (const x of inputs) expectTensor('gradcheck', x);
  return onReference(() => {
    const copies = inputs.map(referenceCopy);
    const checked = copies.filter(requiresGrad);
    const outputs = outputsOf(f(...copies)).filter(requiresGrad);
    const weights = weightsFor(outputs);
    const gradients = outputs.length
      ? grad(outputs, checked, { gradOutputs: weights, createGraph, allowUnused: true })
      : checked.map(() => null);
    const value = () =>
      scope(() => {
        const ys = withGrad(true, () => outputsOf(f(...copies)).filter(requiresGrad));
        return ys.reduce((total, y, i) => total + dot(y.dataSync(), weights[i].dataSync()), 0);
      });
    copies.forEach((x, i) => {
      if (!requiresGrad(x)) return;
      const values = x.dataSync();
      const analytic = gradients[checked.indexOf(x)]?.dataSync();
      const put = (k: number, to: number) => writeValues('gradcheck', x, [to], k);
      for (let k = 0; k < x.size; k++) {
        put(k, values[k] + eps);
        const above = value();
        put(k, values[k] - eps);
        const below = value();
        put(k, values[k]);
        const numeric = (above - below) / (2 * eps);
        const got = analytic?.[k] ?? 0;
        if (!(Math.abs(got - numeric) <= atol + rtol * Math.abs(numeric))) {
          throw new AntinodeError(
            expected(
              'gradcheck',
              `${numeric} (by differences) as gradient of element ${k} of input ${i} ${shapeText(x.shape)}`,
              `${got}`,
            ),
          );
        }
      }
    });
    return true;
  });
}

/**
 * Checks second derivatives in the same way: checks the gradients from which they are computed, and the gradients of
 * those.
 */
export function gradgradcheck(f: Differentiable, inputs: readonly Tensor[], options?: GradcheckOptions): true {
  const given = resolveOptions('gradgradcheck', gradcheckOptions, options);
  return onReference(() => {
    gradcheck(f, inputs, { ...given, createGraph: true });
    const copies = inputs.map(referenceCopy);
    const weights = weightsFor(outputsOf(f(...copies)).filter(requiresGrad));
    const gradients: Differentiable = (...given) => {
      const xs = given.slice(0, copies.length);
      const outputs = outputsOf(f(...xs)).filter(requiresGrad);
      // inputs that do not influence f have no gradient to differentiate
      return grad(outputs, xs.filter(requiresGrad), {
        gradOutputs: given.slice(copies.length),
        createGraph: true,
        allowUnused: true,
      }).filter((g) => g !== null);
    };
    return gradcheck(gradients, [...copies, ...weights], given);
  });
}

function onReference<R>(body: () => R): R {
  return withDevice('reference', () => scope(() => withGrad(true, body)));
}

function outputsOf(result: Tensor | readonly Tensor[]): readonly Tensor[] {
  return Array.isArray(result) ? result : [result as Tensor];
}

function referenceCopy(x: Tensor): Tensor {
  const copy = copyTo('gradcheck', x, backendOf());
  return x.dtype === 'float32' ? setRequiresGrad(copy, true) : copy;
}

/** Returns random weights for outputs, the same each time. */
function weightsFor(outputs: readonly Tensor[]): Tensor[] {
  const generator = new Generator(1);
  return outputs.map((y) => random('gradcheck', y.shape, { kind: 'uniform', low: -1, high: 1 }, { generator }));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}
