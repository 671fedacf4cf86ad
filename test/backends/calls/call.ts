import fc from 'fast-check';
import type { Dtype } from '../../../src/dtype.js';
import type { Backend, Operand, Operands } from '../../../src/tensor/backend.js';
import { fill, product, type Values, valuesOf } from '../../helpers/arbitraries.js';
import { difference } from '../../helpers/close.js';

/** The values of a tensor on the host, before they are passed to a backend. */
export interface Host {
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly values: ArrayLike<number>;
}

/** One call of a primitive on given values, which any backend can make. */
export interface Call {
  /** Describes the call in counterexamples. */
  readonly label: string;
  readonly tensors: Readonly<Record<string, Host>>;
  /** Names of the tensors that the call writes; all others must keep their values. */
  readonly outputs: readonly string[];
  readonly run: (backend: Backend, operands: Operands) => void;
  /** Tolerance relative to the reference; 0 for both if the result is exact. */
  readonly rtol: number;
  readonly atol: number;
}

/** Calls of one primitive, with at most about `size` elements per tensor. */
export type Calls = (size: number) => fc.Arbitrary<Call>;

/** A tensor filled from a seed, with values that suit its dtype. */
export function given(shape: readonly number[], dtype: Dtype, seed: number, kind?: Values): Host {
  return { shape, dtype, values: fill(kind ?? valuesOf(dtype), product(shape), seed) };
}

/** An output filled with garbage, so that unwritten elements are noticed. */
export function garbage(shape: readonly number[], dtype: Dtype = 'float32'): Host {
  const value = dtype === 'float32' ? Number.NaN : dtype === 'bool' ? 1 : 119;
  return { shape, dtype, values: new Float64Array(product(shape)).fill(value) };
}

/** Completes a call: a label that lists the tensors, and the tolerance of float32 unless another one is given. */
export function call(
  name: string,
  tensors: Readonly<Record<string, Host>>,
  outputs: readonly string[],
  run: Call['run'],
  { rtol = 1e-5, atol = 1e-5 }: { rtol?: number; atol?: number } = {},
): Call {
  const listed = Object.entries(tensors).map(([key, { shape, dtype }]) => `${key} ${dtype}(${shape})`);
  const label = `${name} with ${listed.join(', ')}`;
  return Object.assign({ label, tensors, outputs, run, rtol, atol }, { [fc.toStringMethod]: () => label });
}

/** Elements beyond the end of every tensor that no call may touch; kernels may use the rest of the last vector. */
const guard = 16;

/**
 * Makes a call on a backend and returns the values of every tensor afterwards. With a margin of 0 tensors fill their
 * memory, as they usually do outside tests.
 */
export async function results(
  backend: Backend,
  { tensors, run, label }: Call,
  margin = guard,
): Promise<Record<string, ArrayLike<number>>> {
  const whole: Record<string, Operand> = {};
  const operands: Record<string, Operand> = {};
  for (const [name, { shape, dtype, values }] of Object.entries(tensors)) {
    const size = margin === 0 ? values.length : Math.ceil(values.length / margin) * margin + margin;
    const handle = backend.allocate(dtype, size);
    whole[name] = { shape: [size], dtype, size, handle };
    backend.write(whole[name], new Float64Array(size).fill(1));
    backend.write(whole[name], values);
    operands[name] = { shape, dtype, size: values.length, handle };
  }
  run(backend, operands);
  const after: Record<string, ArrayLike<number>> = {};
  for (const [name, operand] of Object.entries(whole)) {
    const values = await backend.read(operand);
    after[name] = values.slice(0, operands[name].size);
    if (margin > 0 && values.slice(-margin).some((value) => value !== 1))
      throw new Error(`${label}: wrote beyond the end of ${name}`);
    backend.release(operand.handle);
  }
  return after;
}

/** Throws unless `candidate` and `reference` compute the same results and do not change the inputs. */
export async function agree(candidate: Backend, reference: Backend, c: Call, margin = guard): Promise<void> {
  const [actual, expected] = [await results(candidate, c, margin), await results(reference, c)];
  for (const [name, { shape, dtype, values }] of Object.entries(c.tensors)) {
    const exact = !c.outputs.includes(name) || dtype !== 'float32';
    const target = c.outputs.includes(name) ? expected[name] : values;
    const problem = difference(
      actual[name],
      dtype === 'float32' ? Float64Array.from(target, Math.fround) : target,
      exact ? 0 : c.rtol,
      exact ? 0 : c.atol,
      { what: `${name} of ${c.label}`, shape },
    );
    if (problem !== null) throw new Error(problem);
  }
}
