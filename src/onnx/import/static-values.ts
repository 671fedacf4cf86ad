import { requiresGrad } from '../../autograd/graph.js';
import type { Value } from '../../autograd/ops/apply-formula.js';
import { to } from '../../autograd/ops/convert.js';
import { backendOf } from '../../tensor/device.js';
import { fromHost } from '../../tensor/host.js';
import { Tensor } from '../../tensor/tensor.js';

/**
 * The device of values that are known without the inputs of the model, and of shapes: it can always be read, so that
 * the arithmetic of shapes that files contain needs no code of its own.
 */
export const staticDevice = 'reference';

/** A list of integers. */
export function integerTensor(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return fromHost('importOnnx', values, shape, 'int32', backendOf(staticDevice));
}

/** The values of a tensor of integers. */
export function integersOf(t: Tensor): number[] {
  return Array.from(t.dataSync());
}

/** The tensors on one device: static ones follow the others. */
export function aligned(inputs: readonly (Tensor | undefined)[], read: readonly number[] = []): (Tensor | undefined)[] {
  const first = inputs.find((t, i) => t && !read.includes(i) && t.device !== staticDevice);
  if (!first) return [...inputs];
  return inputs.map((t, i) => (t && !read.includes(i) && t.device === staticDevice ? to(t, first.device) : t));
}

/** Operands of arithmetic: static scalars become numbers, unless all are. */
export function operandsOf(inputs: readonly (Tensor | undefined)[]): Value[] {
  const given = inputs.filter((t) => t instanceof Tensor);
  const isNumber = (t: Tensor) => t.ndim === 0 && t.device === staticDevice && !requiresGrad(t);
  if (given.every(isNumber)) return given;
  const tensors = aligned(given.filter((t) => !isNumber(t))) as Tensor[];
  return given.map((t) => (isNumber(t) ? t.itemSync() : (tensors.shift() as Tensor)));
}
