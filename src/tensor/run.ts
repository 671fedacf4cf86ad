import type { Dtype } from '../dtype.js';
import { DeviceError } from '../errors.js';
import type { Formula } from '../formula/formula.js';
import type { Backend, Distribution, Operand, Scalars } from './backend.js';
import { backendOf } from './device.js';
import { expectTensor } from './expect.js';
import { isGuarded, noteChange, unguarded } from './memory/changes.js';
import { Storage } from './memory/storage.js';
import { defaultGenerator, type Generator } from './random.js';
import { broadcastShapes, numel, reducedShape } from './shape.js';
import { Tensor } from './tensor.js';

/** Allocates a tensor without initialising its values; every operation writes its result into such a tensor. */
export function empty(op: string, shape: readonly number[], dtype: Dtype, backend: Backend = backendOf()): Tensor {
  return Tensor.over(new Storage(backend, dtype, numel(shape)), shape, op);
}

/**
 * Returns the backend that holds all of the tensors.
 * @throws DeviceError if they are on different backends.
 */
export function commonBackend(op: string, tensors: readonly Tensor[]): Backend {
  expectTensor(op, tensors[0]);
  const { backend } = tensors[0].storage;
  for (const t of tensors) {
    expectTensor(op, t);
    if (t.storage.backend !== backend) {
      throw new DeviceError(`${op}: expected all tensors on ${backend.name}, got one on ${t.device}`);
    }
  }
  return backend;
}

/** Evaluates an element-wise formula with one result into a new tensor of the broadcast shape. */
export function map<T extends string, S extends string>(
  op: string,
  f: Formula<T, S>,
  inputs: Readonly<Partial<Record<T, Tensor>>>,
  scalars: Readonly<Record<S, number>> | Scalars = {},
  dtype: Dtype = 'float32',
): Tensor {
  return mapAll(op, f, inputs, scalars, dtype)[0];
}

/** The same for a formula with any number of results, each of the broadcast shape of all inputs. */
export function mapAll<T extends string, S extends string>(
  op: string,
  f: Formula<T, S>,
  inputs: Readonly<Partial<Record<T, Tensor>>>,
  scalars: Readonly<Record<S, number>> | Scalars = {},
  dtype: Dtype = 'float32',
): Tensor[] {
  const given = Object.values(inputs) as Tensor[];
  const backend = commonBackend(op, given);
  const shape = broadcastShapes(op, ...given.map((t) => t.shape));
  const operands = { ...(inputs as Record<string, Tensor>) };
  const outs = f.outputs.map((name) => {
    operands[name] = empty(op, shape, dtype, backend);
    return operands[name];
  });
  backend.map(f, operands, scalars);
  return outs;
}

/** Evaluates an element-wise formula that writes into existing tensors, such as parameters and optimizer slots. */
export function mapInto<T extends string, S extends string>(
  op: string,
  f: Formula<T, S>,
  operands: Readonly<Record<T, Tensor>>,
  scalars: Readonly<Record<S, number>> | Scalars = {},
): void {
  prepareMapInto(op, f, operands, scalars)();
}

/**
 * Does the part of `mapInto` that may fail, and returns a function that does the rest. Updates of several tensors
 * prepare all of them first, so that they happen completely or not at all.
 */
export function prepareMapInto<T extends string, S extends string>(
  op: string,
  f: Formula<T, S>,
  operands: Readonly<Record<T, Tensor>>,
  scalars: Readonly<Record<S, number>> | Scalars = {},
): () => void {
  const backend = commonBackend(op, Object.values(operands) as Tensor[]);
  const byName: Readonly<Record<string, Tensor>> = operands;
  // a gradient being computed may overwrite outdated memory, but not read it
  if (isGuarded()) for (const name of f.inputs) if (!f.outputs.includes(name)) void byName[name].handle;
  const prepare = () => backend.prepareMap?.(f, operands, scalars) ?? (() => backend.map(f, operands, scalars));
  const write = isGuarded() ? unguarded(prepare) : prepare();
  return () => {
    for (const name of f.outputs) noteChange(byName[name].storage, op);
    if (isGuarded()) unguarded(write);
    else write();
  };
}

/** Evaluates a reducing formula over `axes` of the broadcast shape of its inputs; returns one new tensor per result. */
export function reduce<T extends string, S extends string>(
  op: string,
  f: Formula<T, S>,
  inputs: Readonly<Partial<Record<T, Tensor>>>,
  { axes, keepDim = false, dtype = 'float32' }: { axes: readonly number[]; keepDim?: boolean; dtype?: Dtype },
  scalars: Readonly<Record<S, number>> | Scalars = {},
): Tensor[] {
  const given = Object.values(inputs) as Tensor[];
  const backend = commonBackend(op, given);
  const full = broadcastShapes(op, ...given.map((t) => t.shape));
  const kept = reducedShape(full, axes, true);
  const outs = f.outputs.map(() => empty(op, reducedShape(full, axes, keepDim), dtype, backend));
  const operands: Record<string, { shape: readonly number[] } & Pick<Tensor, 'dtype' | 'size' | 'handle'>> = {
    ...(inputs as Record<string, Tensor>),
  };
  f.outputs.forEach((name, i) => {
    const { dtype: type, size, handle } = outs[i];
    operands[name] = { shape: kept, dtype: type, size, handle };
  });
  backend.reduce(f, operands, scalars);
  return outs;
}

/** Returns a tensor of random values and advances the generator. */
export function random(
  op: string,
  shape: readonly number[],
  distribution: Distribution,
  { backend = backendOf(), generator = defaultGenerator }: { backend?: Backend; generator?: Generator } = {},
): Tensor {
  const out = empty(op, shape, distribution.kind === 'integer' ? 'int32' : 'float32', backend);
  backend.random(out, distribution, generator.reserve(out.size));
  return out;
}

/** Overwrites a tensor with random values and advances the generator. */
export function randomInto(
  op: string,
  t: Tensor,
  distribution: Distribution,
  generator: Generator = defaultGenerator,
): void {
  noteChange(t.storage, op);
  t.storage.backend.random(t, distribution, generator.reserve(t.size));
}

/** Returns another tensor over the same memory, with a shape of equal size. */
export function alias(op: string, x: Tensor, shape: readonly number[]): Tensor {
  return Tensor.over(x.storage, shape, op);
}

/** Returns the part of x that starts at element `offset`, as an operand that kernels read or write in place. */
export function part(x: Tensor, offset: number, shape: readonly number[], strides?: readonly number[]): Operand {
  return { shape, dtype: x.dtype, size: numel(shape), handle: x.storage.backend.part(x, offset), strides };
}
