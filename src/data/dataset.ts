import { ShapeError, shapeText, textOf, ValueError } from '../errors.js';
import { expectFunction, expectNumbers, expectObject, expectTensor } from '../tensor/expect.js';
import { fromHost } from '../tensor/host.js';
import type { Generator } from '../tensor/random.js';
import { empty } from '../tensor/run.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * Items that a DataLoader can draw batches from. A dataset makes whole batches, because gathering many rows at once is
 * much cheaper than stacking single items. `B` is the type of a batch, usually an object or a tuple of tensors.
 * @example
 * const squares: Dataset<{ x: Tensor; y: Tensor }> = {
 *   length: 1000,
 *   batch: (indices) => ({ x: tensor(Array.from(indices)), y: tensor(Array.from(indices, (i) => i * i)) }),
 * };
 */
export interface Dataset<B> {
  /** Number of items. */
  readonly length: number;
  /** True if `batch` draws random numbers, as augmentation does. Default false. */
  readonly random?: boolean;
  /** Returns the items at `indices` as one batch. Random choices come only from `generator`, so that they repeat. */
  batch(indices: Int32Array, generator: Generator): B | Promise<B>;
  /**
   * Begins to prepare batches ahead, for one loop of a DataLoader, in `workers` threads (undefined: as many as the
   * dataset likes). Batches must be those of `batch`. Default: batches are made when the loop needs them.
   */
  prefetcher?(workers?: number): Prefetcher<B>;
}

/** Prepares batches while the body of a loop runs. */
export interface Prefetcher<B> {
  /**
   * Prepares the items at `indices`, without making tensors; the function returned makes them. Draws all random numbers
   * before it returns the promise.
   */
  prepare(indices: Int32Array, generator: Generator): Promise<() => B>;
  /** Called once when the loop ends, however it ends, also while batches are being prepared. */
  close(): void;
}

/** The arguments of a TensorDataset: one or more tensors, or one object of named tensors. */
export type TensorColumns = readonly Tensor[] | readonly [Readonly<Record<string, Tensor>>];

/** A batch of a TensorDataset: a tuple, or an object with the same names. */
export type TensorRows<C extends TensorColumns> = C extends readonly [infer Named]
  ? Named extends Tensor
    ? [Tensor]
    : { -readonly [K in keyof Named]: Tensor }
  : { -readonly [K in keyof C]: Tensor };

/**
 * Tensors with the same length along axis 0; a batch contains the same rows of each. Constructed from tensors, it makes
 * tuples; constructed from an object, it makes objects with the same names. The tensors remain the caller's.
 * @example
 * new TensorDataset(x, y); // for await (const [x, y] of loader)
 * new TensorDataset({ images, labels }); // for await (const { images, labels } of loader)
 */
export class TensorDataset<C extends TensorColumns> implements Dataset<TensorRows<C>> {
  readonly length: number;
  readonly #columns: readonly Tensor[] | Readonly<Record<string, Tensor>>;

  /** @throws ShapeError if the lengths along axis 0 differ, ValueError if there is no tensor. */
  constructor(...columns: C) {
    const [first] = columns;
    const lone = columns.length === 1 && !(first instanceof Tensor);
    if (lone) expectObject('TensorDataset', 'tensors, or an object of tensors', first);
    this.#columns = lone ? (first as Readonly<Record<string, Tensor>>) : (columns as readonly Tensor[]);
    const all: Tensor[] = Object.values(this.#columns);
    for (const t of all) expectTensor('TensorDataset', t);
    if (all.length === 0) throw new ValueError('TensorDataset: expected at least one tensor, got none');
    this.length = all[0].shape[0];
    for (const t of all) {
      if (t.ndim > 0 && t.shape[0] === this.length) continue;
      throw new ShapeError(
        `TensorDataset: expected tensors of equal length along axis 0, got ${all.map((u) => shapeText(u.shape)).join(' and ')}`,
      );
    }
  }

  batch(indices: Int32Array): TensorRows<C> {
    const rows = (t: Tensor): Tensor => takeRows('TensorDataset', t, indices);
    const taken = Array.isArray(this.#columns)
      ? this.#columns.map(rows)
      : Object.fromEntries(Object.entries(this.#columns).map(([name, t]) => [name, rows(t)]));
    return taken as TensorRows<C>;
  }
}

/** The items of another dataset at `indices`, in that order; indices may repeat. */
export class Subset<B> implements Dataset<B> {
  readonly length: number;
  readonly random: boolean;
  readonly prefetcher?: (workers?: number) => Prefetcher<B>;
  readonly #dataset: Dataset<B>;
  readonly #indices: Int32Array;

  /** @throws ValueError for an index out of range. */
  constructor(dataset: Dataset<B>, indices: ArrayLike<number>) {
    expectObject('Subset', 'a dataset', dataset);
    expectFunction('Subset', 'a dataset with a method batch', dataset.batch);
    this.#dataset = dataset;
    this.#indices = checkIndices('Subset', indices, dataset.length);
    this.length = this.#indices.length;
    this.random = dataset.random ?? false;
    if (!dataset.prefetcher) return;
    this.prefetcher = (workers) => {
      const { prepare, close } = (dataset.prefetcher as NonNullable<typeof dataset.prefetcher>)(workers);
      return { prepare: (given, generator) => prepare(this.#map(given), generator), close };
    };
  }

  batch(indices: Int32Array, generator: Generator): B | Promise<B> {
    return this.#dataset.batch(this.#map(indices), generator);
  }

  #map(indices: Int32Array): Int32Array {
    expectNumbers('Subset', 'indices', indices);
    return indices.map((i) => this.#indices[i]);
  }
}

/**
 * Returns indices as an Int32Array.
 * @throws ValueError with `op` in the message unless each is an integer in [0, length).
 */
export function checkIndices(op: string, indices: ArrayLike<number>, length: number): Int32Array {
  expectNumbers(op, 'a list of indices', indices);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (Number.isInteger(index) && index >= 0 && index < length) continue;
    throw new ValueError(`${op}: expected indices from 0 to ${length - 1}, got ${textOf(index)}`);
  }
  return Int32Array.from(indices);
}

function takeRows(op: string, t: Tensor, given: Int32Array): Tensor {
  const indices = checkIndices(op, given, t.shape[0]);
  const { backend } = t.storage;
  const out = empty(op, [indices.length, ...t.shape.slice(1)], t.dtype, backend);
  const index = fromHost(op, indices, [indices.length], 'int32', backend);
  backend.indexSelect(t, index, out, 0);
  index.dispose();
  return out;
}
