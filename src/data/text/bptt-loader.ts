import { ValueError } from '../../errors.js';
import { fromHost } from '../../tensor/host.js';
import { count } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { scopedLoop } from '../scoped-loop.js';

/** A window of B texts, read side by side. */
export interface BpttBatch {
  /** Word numbers, int32 (T, B): column b is a piece of text b. */
  readonly input: Tensor;
  /** The word after each of `input`, int32 (T * B): what its logits, as (T * B, V), are to predict. */
  readonly target: Tensor;
}

/** Options of a BpttLoader. */
export interface BpttLoaderOptions {
  /** Columns: texts that are read side by side. Default 20. */
  readonly batchSize?: number;
  /** Most rows of a window: steps that gradients flow back through. Default 35. */
  readonly bptt?: number;
}

const table: OptionTable<Required<BpttLoaderOptions>> = { batchSize: count(20), bptt: count(35) };

/** What a checkpoint stores of a BpttLoader. */
export interface BpttLoaderState {
  /** Windows that the epoch has given so far. */
  readonly position: number;
  /** Windows in an epoch, to tell a loader of another corpus or shape. */
  readonly length: number;
}

/**
 * Cuts a row of N word numbers into B columns of T = floor(N / B) that follow one another: column b holds numbers b * T
 * to (b + 1) * T - 1, and the N - B * T last ones are left out. Made on the current device.
 *
 * @param indices (N)
 * @returns int32 (T, B)
 * @throws ValueError for a batch size below 1 or above N
 */
export function batchify(indices: ArrayLike<number>, batchSize: number): Tensor {
  checkArgument('batchify', 'batchSize', count(), batchSize);
  const rows = columns('batchify', indices, batchSize, 1);
  return fromHost('batchify', rows, [rows.length / batchSize, batchSize], 'int32');
}

/**
 * Walks over a text in windows for truncated back-propagation through time, once per `for await`. The text is cut into
 * `batchSize` columns (see batchify), and each window goes on where the one before it ended, so a model may carry its
 * state along; the last window may be shorter. Each iteration is a scope, as with a DataLoader.
 *
 * After a state that was saved in the body of a loop, the next loop gives what that epoch has left, which may be nothing;
 * loops after it are whole.
 *
 * @example
 * const loader = new BpttLoader(corpus.train, { batchSize: 20, bptt: 35 });
 * for await (const { input, target } of loader) step(input, target);
 */
export class BpttLoader implements AsyncIterable<BpttBatch> {
  readonly batchSize: number;
  readonly bptt: number;
  /** Number of windows in an epoch. */
  readonly length: number;
  readonly #rows: Int32Array; // (T, B)
  #position = 0;
  #start = 0;

  /** Throws ValueError for an unknown or invalid option, or a batch so large that a column has fewer than 2 words. */
  constructor(indices: ArrayLike<number>, options: BpttLoaderOptions = {}) {
    const { batchSize, bptt } = resolveOptions('BpttLoader', table, options);
    this.#rows = columns('BpttLoader', indices, batchSize, 2);
    this.batchSize = batchSize;
    this.bptt = bptt;
    this.length = Math.ceil((this.#rows.length / batchSize - 1) / bptt);
  }

  /** Windows that the current epoch has given so far; 0 between epochs. */
  get position(): number {
    return this.#position;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BpttBatch, void, undefined> {
    const start = this.#start;
    this.#start = 0;
    try {
      yield* scopedLoop(start, this.length, (i) => {
        // counted before the body runs, so that a state saved in the body goes on after it
        this.#position = i + 1;
        return this.#window(i);
      });
    } finally {
      this.#position = 0;
    }
  }

  /** Everything needed to go on after the last window given, or with the next epoch. */
  stateDict(): BpttLoaderState {
    return { position: this.#position, length: this.length };
  }

  /** Goes on from a saved state. Throws ValueError if it is damaged or comes from a loader with other windows. */
  loadStateDict({ position, length }: BpttLoaderState): void {
    if (length !== this.length) {
      throw new ValueError(
        `BpttLoader: expected the state of a loader of ${this.length} windows, got one of ${length}`,
      );
    }
    if (!Number.isInteger(position) || position < 0 || position > length) {
      throw new ValueError(`BpttLoader: expected a position from 0 to ${length}, got ${position}`);
    }
    this.#position = position;
    this.#start = position;
  }

  #window(i: number): BpttBatch {
    const { batchSize, bptt } = this;
    const start = i * bptt * batchSize;
    const end = Math.min(start + bptt * batchSize, this.#rows.length - batchSize);
    const input = this.#rows.subarray(start, end);
    const target = this.#rows.subarray(start + batchSize, end + batchSize);
    return {
      input: fromHost('BpttLoader', input, [input.length / batchSize, batchSize], 'int32'),
      target: fromHost('BpttLoader', target, [target.length], 'int32'),
    };
  }
}

/** The rows (T, B) of `batchSize` columns that follow one another. Throws ValueError unless T is at least `least`. */
function columns(op: string, indices: ArrayLike<number>, batchSize: number, least: number): Int32Array {
  const length = Math.floor(indices.length / batchSize); // T
  if (length < least) {
    const words = least === 1 ? 'at least one word' : `at least ${least} words`;
    throw new ValueError(`${op}: expected ${words} for each of ${batchSize} columns, got ${indices.length} in all`);
  }
  const rows = new Int32Array(length * batchSize);
  for (let b = 0; b < batchSize; b++) {
    for (let t = 0; t < length; t++) rows[t * batchSize + b] = indices[b * length + t];
  }
  return rows;
}
