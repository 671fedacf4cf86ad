import { ValueError } from '../errors.js';
import { expectFunction, expectObject } from '../tensor/expect.js';
import { count, flag, natural, optional } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { defaultGenerator, Generator, type GeneratorState } from '../tensor/random.js';
import type { Dataset } from './dataset.js';
import { Ahead } from './prefetch.js';
import { type Iterations, ScopedLoop } from './scoped-loop.js';

/** Options of a DataLoader. */
export interface DataLoaderOptions {
  /** Items in a batch; the last one of an epoch may be smaller. Default 1. */
  readonly batchSize?: number;
  /** Draw a new order for every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Drop the last batch of an epoch if it is not full. Default false. */
  readonly dropLast?: boolean;
  /** Seed of the loader's own random stream. By default, order and augmentation follow `manualSeed`. */
  readonly seed?: number;
  /**
   * Threads that prepare batches, for datasets that can be read ahead, such as an image folder; 0: the calling thread,
   * when the loop needs them. Threads do not change the batches. Default: the dataset decides.
   */
  readonly workers?: number;
  /** Batches that are prepared ahead while the body of the loop runs, for the same datasets. Default 2. */
  readonly prefetch?: number;
}

const table = {
  batchSize: count(1),
  shuffle: flag(false),
  dropLast: flag(false),
  seed: optional(natural()),
  workers: optional(natural()),
  prefetch: natural(2),
} satisfies OptionTable<DataLoaderOptions>;

/** The state of a DataLoader in a checkpoint. */
export interface DataLoaderState {
  /** Number of epochs started. */
  readonly epoch: number;
  /** Null if the loader follows `manualSeed`. */
  readonly generator: GeneratorState | null;
  /** The epoch in progress; null between epochs. */
  readonly current: EpochState | null;
}

/** The position within an epoch. */
export interface EpochState {
  /** Seed of the epoch's own random stream, whose first draws determine the order. */
  readonly seed: number;
  /** Number of batches yielded so far. */
  readonly position: number;
  /** State of the stream after those batches. */
  readonly stream: GeneratorState;
}

/**
 * Iterates over a dataset in batches, once per `for await`. Each iteration is a scope: the batch and the tensors made
 * in the body are freed when the loop advances or ends, also by `break`, `return` or `throw`; `keep(t)` exempts a
 * tensor. Loops may be nested.
 *
 * The order and augmentation of an epoch come from a stream seeded by one draw from the loader's generator, so a loop
 * that ends early does not change later epochs. A loader with a restored state continues bit for bit: if the state was
 * saved in the body of a loop, the next loop yields the rest of that epoch, which may be empty; later loops yield whole
 * epochs.
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 128, shuffle: true, seed: 1 });
 * for await (const { images, labels } of loader) step(images, labels);
 */
export class DataLoader<B> implements AsyncIterable<B> {
  readonly dataset: Dataset<B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly workers: number | undefined;
  readonly prefetch: number;
  #epoch = 0;
  #current: EpochState | null = null;
  #restored: EpochState | null = null;
  readonly #generator: Generator | null;

  /** @throws ValueError for an unknown or invalid option, or for a dataset that yields no batch. */
  constructor(dataset: Dataset<B>, options: DataLoaderOptions = {}) {
    const { batchSize, shuffle, dropLast, seed, workers, prefetch } = resolveOptions('DataLoader', table, options);
    expectObject('DataLoader', 'a dataset', dataset);
    expectFunction('DataLoader', 'a dataset with a method batch', dataset.batch);
    const least = dropLast ? batchSize : 1;
    if (!(dataset.length >= least)) {
      const reason = dropLast ? ` (batchSize ${batchSize} with dropLast)` : '';
      throw new ValueError(`DataLoader: expected a dataset of at least ${least} items${reason}, got ${dataset.length}`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.workers = workers;
    this.prefetch = prefetch;
    this.#generator = seed === undefined ? null : new Generator(seed);
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Number of epochs started. */
  get epoch(): number {
    return this.#epoch;
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    return new ScopedLoop(() => this.#batches());
  }

  /** Returns everything needed to continue after the last batch yielded, or with the next epoch. */
  stateDict(): DataLoaderState {
    return { epoch: this.#epoch, generator: this.#generator?.state() ?? null, current: this.#current };
  }

  /**
   * Continues from a saved state.
   * @throws ValueError if the state is damaged, or if only one of this loader and the saved one has a seed.
   */
  loadStateDict(state: DataLoaderState): void {
    expectObject('DataLoader', 'a state', state);
    const { epoch, generator, current } = state;
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new ValueError(`DataLoader: expected an epoch >= 0, got ${epoch}`);
    }
    if (Boolean(generator) !== Boolean(this.#generator)) {
      const [own, other] = this.#generator ? ['with', 'without'] : ['without', 'with'];
      throw new ValueError(`DataLoader: expected the state of a loader ${own} a seed, got one ${other}`);
    }
    if (current) {
      const { seed, position, stream } = current;
      if (!Number.isInteger(position) || position < 0 || position > this.length) {
        throw new ValueError(`DataLoader: expected a position from 0 to ${this.length}, got ${position}`);
      }
      new Generator(seed).setState(stream);
    }
    if (generator) this.#generator?.setState(generator);
    this.#epoch = epoch;
    this.#current = current;
    this.#restored = current;
  }

  /** Begins an epoch, or continues the restored one. */
  #batches(): Iterations<B> {
    const { dataset, batchSize, length } = this;
    const restored = this.#restored;
    this.#restored = null;
    const seed = restored ? restored.seed : this.#beginEpoch();
    const generator = new Generator(seed);
    const order = this.shuffle
      ? generator.permutation(dataset.length)
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    if (restored) generator.setState(restored.stream);
    const start = restored?.position ?? 0;
    const indicesOf = (i: number) => order.slice(i * batchSize, (i + 1) * batchSize);
    const ahead = this.#ahead(start, indicesOf, generator);
    return {
      start,
      end: length,
      make: async (i) => {
        const batch = ahead ? (await ahead.next())() : await dataset.batch(indicesOf(i), generator);
        // recorded before the body runs, so that a state saved in the body continues after this batch
        this.#current = { seed, position: i + 1, stream: ahead?.stream ?? generator.state() };
        return batch;
      },
      finish: () => {
        ahead?.close();
        this.#current = null;
      },
    };
  }

  /** Prepares batches ahead, from number `start` on, if the dataset can; null if they are made when they are needed. */
  #ahead(start: number, indicesOf: (i: number) => Int32Array, generator: Generator): Ahead<B> | null {
    const { dataset, workers, prefetch, length } = this;
    if (workers === 0 || !dataset.prefetcher) return null;
    const prefetcher = dataset.prefetcher(workers);
    let next = start;
    return new Ahead(prefetcher, prefetch, () => {
      if (next === length) return null;
      const made = prefetcher.prepare(indicesOf(next++), generator);
      return { made, stream: generator.state() };
    });
  }

  /** Returns the seed of one epoch. Loaders without randomness draw nothing, so evaluation does not affect training. */
  #beginEpoch(): number {
    this.#epoch++;
    if (!this.shuffle && !this.dataset.random) return 0;
    const parent = this.#generator ?? defaultGenerator;
    // The draws start at a new block, as do those of a restored generator.
    parent.reserve(0);
    const high = parent.below(2 ** 21);
    const low = parent.below(2 ** 32);
    parent.reserve(0);
    return high * 2 ** 32 + low;
  }
}
