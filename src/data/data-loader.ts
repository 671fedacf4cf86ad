import { ValueError } from '../errors.js';
import { count, flag, natural, optional } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { defaultGenerator, Generator, type GeneratorState } from '../tensor/random.js';
import type { Dataset } from './dataset.js';
import { scopedLoop } from './scoped-loop.js';

/** Options of a DataLoader. */
export interface DataLoaderOptions {
  /** Items in a batch; the last one of an epoch may be smaller. Default 1. */
  readonly batchSize?: number;
  /** Draw a new order for every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Seed of the loader's own random stream. By default, order and augmentation follow `manualSeed`. */
  readonly seed?: number;
}

const table = {
  batchSize: count(1),
  shuffle: flag(false),
  dropLast: flag(false),
  seed: optional(natural()),
} satisfies OptionTable<DataLoaderOptions>;

/** What a checkpoint stores of a DataLoader. */
export interface DataLoaderState {
  /** Epochs begun. */
  readonly epoch: number;
  /** Null when the loader follows `manualSeed`. */
  readonly generator: GeneratorState | null;
  /** The epoch under way; null between epochs. */
  readonly current: EpochState | null;
}

/** Where an epoch stands. */
export interface EpochState {
  /** Of the epoch's own random stream, whose first draws are the order. */
  readonly seed: number;
  /** Batches given so far. */
  readonly position: number;
  /** The stream after them. */
  readonly stream: GeneratorState;
}

/**
 * Walks over a dataset in batches, once per `for await`. Each iteration is a scope: tensors made in the body, and the
 * batch itself, are freed when the loop advances or ends, also by `break`, `return` and `throw`; `keep(t)` lets one out. Loops may nest.
 *
 * Order and augmentation of an epoch come from a stream seeded by one draw from the loader's generator, so a
 * loop that ends early does not change the epochs after it. A loader with a restored state goes on bit for bit: after a
 * state that was saved in the body of a loop, the next loop gives what that epoch has left, which may be nothing; loops
 * after it are whole.
 *
 * @example
 * const loader = new DataLoader(dataset, { batchSize: 128, shuffle: true, seed: 1 });
 * for await (const { images, labels } of loader) step(images, labels);
 */
export class DataLoader<B> implements AsyncIterable<B> {
  readonly dataset: Dataset<B>;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  #epoch = 0;
  #current: EpochState | null = null;
  #restored: EpochState | null = null;
  readonly #generator: Generator | null;

  /** Throws ValueError for an unknown or invalid option, or a dataset that gives no batch. */
  constructor(dataset: Dataset<B>, options: DataLoaderOptions = {}) {
    const { batchSize, shuffle, dropLast, seed } = resolveOptions('DataLoader', table, options);
    const least = dropLast ? batchSize : 1;
    if (!(dataset.length >= least)) {
      const reason = dropLast ? ` (batchSize ${batchSize} with dropLast)` : '';
      throw new ValueError(`DataLoader: expected a dataset of at least ${least} items${reason}, got ${dataset.length}`);
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.#generator = seed === undefined ? null : new Generator(seed);
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.dataset.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  /** Number of epochs begun. */
  get epoch(): number {
    return this.#epoch;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const { dataset, batchSize, length } = this;
    const restored = this.#restored;
    this.#restored = null;
    const seed = restored ? restored.seed : this.#beginEpoch();
    const generator = new Generator(seed);
    const order = this.shuffle
      ? generator.permutation(dataset.length)
      : Int32Array.from({ length: dataset.length }, (_, i) => i);
    if (restored) generator.setState(restored.stream);
    try {
      yield* scopedLoop(restored?.position ?? 0, length, async (i) => {
        const batch = await dataset.batch(order.slice(i * batchSize, (i + 1) * batchSize), generator);
        // noted before the body runs, so that a state saved in the body goes on after it
        this.#current = { seed, position: i + 1, stream: generator.state() };
        return batch;
      });
    } finally {
      this.#current = null;
    }
  }

  /** Everything needed to go on after the last batch given, or with the next epoch. */
  stateDict(): DataLoaderState {
    return { epoch: this.#epoch, generator: this.#generator?.state() ?? null, current: this.#current };
  }

  /** Goes on from a saved state. Throws ValueError if it is damaged or comes from a loader seeded the other way. */
  loadStateDict({ epoch, generator, current }: DataLoaderState): void {
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

  /** The seed of one epoch. Loaders without randomness draw nothing, so evaluating leaves training alone. */
  #beginEpoch(): number {
    this.#epoch++;
    if (!this.shuffle && !this.dataset.random) return 0;
    const parent = this.#generator ?? defaultGenerator;
    // A draw starts at a block of its own, where a restored generator starts as well.
    parent.reserve(0);
    const high = parent.below(2 ** 21);
    const low = parent.below(2 ** 32);
    parent.reserve(0);
    return high * 2 ** 32 + low;
  }
}
