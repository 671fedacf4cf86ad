import { expected, ShapeError, ValueError } from '../../../errors.js';
import { expectList, expectNumbers } from '../../../tensor/expect.js';
import type { Generator } from '../../../tensor/random.js';
import { sameShape } from '../../../tensor/shape.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { MeasuredParams } from '../measured.js';

/**
 * A direction in the space of all parameters: their elements one after the other, in the order of the parameters and
 * row-major, as PyTorch's `parameters_to_vector` returns them; or one tensor in the shape of each parameter.
 */
export type Direction = ArrayLike<number> | readonly Tensor[];

/** A vector on the host; sums are in double precision. */
export type Vector = Float32Array | Float64Array;

/**
 * Returns a direction as numbers.
 * @throws ValueError unless it is one; ShapeError unless its elements are as many as those of the parameters.
 */
export async function flatVector(
  label: string,
  { params, names, size }: MeasuredParams,
  given: Direction,
): Promise<Float32Array> {
  if (Array.isArray(given) && given.some((item) => item instanceof Tensor)) {
    expectList(label, 'a direction', given);
    if (given.length !== params.length) {
      throw new ShapeError(expected(label, `a direction of ${params.length} tensors`, `${given.length}`));
    }
    params.forEach((p, i) => {
      if (given[i] instanceof Tensor && sameShape(given[i].shape, p.shape)) return;
      throw new ShapeError(expected(label, `a direction with a tensor like ${names[i]} at ${i}`, `${given[i]}`));
    });
    return readFlat(given, size);
  }
  expectNumbers(label, 'a direction as numbers or tensors', given);
  const values = given as ArrayLike<number>;
  if (values.length !== size) {
    throw new ShapeError(expected(label, `a direction of ${size} numbers`, `${values.length}`));
  }
  const vector = Float32Array.from(values);
  const odd = vector.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0) throw new ValueError(expected(label, 'a direction of finite numbers', `${values[odd]} at ${odd}`));
  return vector;
}

/** Returns the elements of tensors, one after the other. */
export async function readFlat(tensors: readonly Tensor[], size: number): Promise<Float32Array> {
  const vector = new Float32Array(size);
  let at = 0;
  for (const t of tensors) {
    vector.set(await t.data(), at);
    at += t.size;
  }
  return vector;
}

/** The inner product. */
export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Adds `factor` times `x` to `y`, in place. */
export function addMultiple(y: Float64Array, factor: number, x: Float32Array): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}

/**
 * Subtracts from w its parts along orthonormal vectors, in place (classical Gram-Schmidt). Reads four vectors at a time,
 * so that sums do not wait for each other and w is read and written a quarter as often.
 */
export function removeParts(w: Float64Array, basis: readonly Float32Array[]): void {
  const zeros = new Float32Array(w.length);
  const fours = Array.from({ length: Math.ceil(basis.length / 4) }, (_, i) =>
    [0, 1, 2, 3].map((j) => basis[4 * i + j] ?? zeros),
  );
  const parts = fours.map(([a, b, c, d]) => {
    let [sa, sb, sc, sd] = [0, 0, 0, 0];
    for (let i = 0; i < w.length; i++) {
      const x = w[i];
      sa += x * a[i];
      sb += x * b[i];
      sc += x * c[i];
      sd += x * d[i];
    }
    return [sa, sb, sc, sd];
  });
  for (const [k, [a, b, c, d]] of fours.entries()) {
    const [sa, sb, sc, sd] = parts[k];
    for (let i = 0; i < w.length; i++) w[i] -= sa * a[i] + sb * b[i] + sc * c[i] + sd * d[i];
  }
}

/** The vector with the length 1, in float32; `length` is its own. */
export function normalized(x: Vector, length = Math.sqrt(dot(x, x))): Float32Array {
  const y = new Float32Array(x.length);
  for (let i = 0; i < y.length; i++) y[i] = x[i] / length;
  return y;
}

/** A vector of random signs (Rademacher), whose covariance is the identity. */
export function randomSigns(size: number, generator: Generator): Float32Array {
  return new Float32Array(size).map(() => (generator.uniform() < 0.5 ? -1 : 1));
}

/** A vector of numbers in [-1, 1), which has a part in every direction. */
export function randomVector(size: number, generator: Generator): Float32Array {
  return new Float32Array(size).map(() => 2 * generator.uniform() - 1);
}
