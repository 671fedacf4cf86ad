import '../helpers/reference.js';
import { tensor } from '../../src/autograd/create.js';
import { setGrad } from '../../src/autograd/graph.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { CpuBackend } from '../../src/backends/cpu/backend.js';
import type { Optimizer } from '../../src/optim/index.js';
import { registerBackend } from '../../src/tensor/device.js';
import type { Tensor } from '../../src/tensor/tensor.js';

registerBackend('cpu', () => new CpuBackend());

/** The devices that optimizers are tested on. */
export const devices = ['reference', 'cpu'];

/** Returns a parameter with these values. */
export function parameter(
  values: ArrayLike<number>,
  { shape = [values.length], device = 'reference' }: { shape?: readonly number[]; device?: string } = {},
): Parameter {
  return new Parameter(tensor(Float64Array.from(values), { shape, device, dtype: 'float32' }));
}

/** Sets the gradient of a parameter; null removes it. */
export function give(p: Tensor, values: ArrayLike<number> | null): void {
  const { shape, device } = p;
  setGrad(p, values && tensor(Float64Array.from(values), { shape, device, dtype: 'float32' }));
}

/** Returns the values of a tensor as plain numbers. */
export function valuesOf(t: Tensor): number[] {
  return Array.from(t.dataSync());
}

/** Returns the values of all parameters after each step. `gradients` has numbers or null per step and parameter. */
export function follow(
  optimizer: Optimizer,
  params: readonly Tensor[],
  gradients: readonly (readonly (readonly number[] | null)[])[],
): number[][][] {
  return gradients.map((row) => {
    params.forEach((p, i) => {
      give(p, row[i]);
    });
    optimizer.step();
    return params.map(valuesOf);
  });
}
