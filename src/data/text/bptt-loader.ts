import { textOf, ValueError } from '../../errors.js';
import { expectNumbers, expectObject } from '../../tensor/expect.js';
import { fromHost } from '../../tensor/host.js';
import { count } from '../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { Tensor } from '../../tensor/tensor.js';
import { ScopedLoop } from '../scoped-loop.js';

/** A window of B texts that are read in parallel. */
export interface BpttBatch {
  /** Word numbers, int32 (T, B): column b is a piece of text b. */
  readonly input: Tensor;
  /** The word after each word of `input`, int32 (T * B): the targets of logits (T * B, V). */
  readonly target: Tensor;
}

/** Options of a BpttLoader. */
export interface BpttLoaderOptions {
  /** Columns: texts that are read in parallel. Default 20. */
  readonly batchSize?: number;
  /** Maximum rows of a window: steps that gradients flow back through. Default 35. */
  readonly bptt?: number;
}

const table: OptionTable<Required<BpttLoaderOptions>> = { batchSize: count(20), bptt: count(35) };

/** The state of a BpttLoader in a checkpoint. */
export interface BpttLoaderState {
  /** Number of windows of the epoch yielded so far. */
  readonly position: number;
  /** Number of windows in an epoch, to detect a loader of another corpus or shape. */
  readonly length: number;
}

/**
 * Cuts a sequence of N word numbers into B consecutive columns of length T = floor(N / B): column b contains numbers b
 * * T to (b + 1) * T - 1, and the last N - B * T numbers are left out. The result is on the current device.
 * @param indices (N)
 * @returns int32 (T, B)
 * @throws ValueError for a batch size below 1 or above N.
 */
export function batchify(indices: ArrayLike<number>, batchSize: number): Tensor {
  checkArgument('batchify', 'batchSize', count(), batchSize);
  const rows = columns('batchify', indices, batchSize, 1);
  return fromHost('batchify', rows, [rows.length / batchSize, batchSize], 'int32');
}

/**
 * Iterates over a text in windows for truncated back-propagation through time, once per `for await`. The text is cut
 * into `batchSize` columns (see batchify), and each window continues where the previous one ended, so a model may carry
 * its state from one window to the next; the last window may be shorter. Each iteration is a scope, as with a
 * DataLoader.
 *
 * If a restored state was saved in the body of a loop, the next loop yields the rest of that epoch, which may be empty;
 * later loops yield whole epochs.
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

  /** @throws ValueError for an unknown or invalid option, or if a column would have fewer than 2 words. */
  constructor(indices: ArrayLike<number>, options: BpttLoaderOptions = {}) {
    const { batchSize, bptt } = resolveOptions('BpttLoader', table, options);
    this.#rows = columns('BpttLoader', indices, batchSize, 2);
    this.batchSize = batchSize;
    this.bptt = bptt;
    this.length = Math.ceil((this.#rows.length / batchSize - 1) / bptt);
  }

  /** Number of windows of the current epoch yielded so far; 0 between epochs. */
  get position(): number {
    return this.#position;
  }

  [Symbol.asyncIterator](): AsyncGenerator<BpttBatch, void, undefined> {
    return new ScopedLoop(() => {
      const start = this.#start;
      this.#start = 0;
      return {
        start,
        end: this.length,
        make: (i) => {
          // counted before the body runs, so that a state saved in the body continues after this window
          this.#position = i + 1;
          return this.#window(i);
        },
        finish: () => {
          this.#position = 0;
        },
      };
    });
  }

  /** Returns everything needed to continue after the last window yielded, or with the next epoch. */
  stateDict(): BpttLoaderState {
    return { position: this.#position, length: this.length };
  }

  /**
   * Continues from a saved state.
   * @throws ValueError if the state is damaged or comes from a loader with another number of windows.
   */
  loadStateDict(state: BpttLoaderState): void {
    expectObject('BpttLoader', 'a state', state);
    const { position, length } = state;
    if (length !== this.length) {
      throw new ValueError(
        `BpttLoader: expected the state of a loader of ${this.length} windows, got one of ${textOf(length)}`,
      );
    }
    if (!Number.isInteger(position) || position < 0 || position > length) {
      throw new ValueError(`BpttLoader: expected a position from 0 to ${length}, got ${textOf(position)}`);
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

/**
 * Returns the rows (T, B) of `batchSize` consecutive columns.
 * @throws ValueError unless T is at least `least`.
 */
function columns(op: string, indices: ArrayLike<number>, batchSize: number, least: number): Int32Array {
  expectNumbers(op, 'a list of word numbers', indices);
  const length = Math.floor(indices.length / batchSize); // T
  if (length < least) {
    const words = least === 1 ? 'at least one word' : `at least ${least} words`;
    throw new ValueError(`${op}: expected ${words} for each of ${batchSize} columns, got ${indices.length} in all`);
  }
  for (let i = 0; i < length * batchSize; i++) {
    if (!Number.isInteger(indices[i])) {
      throw new ValueError(`${op}: expected integers as word numbers, got ${textOf(indices[i])} at ${i}`);
    }
  }
  const rows = new Int32Array(length * batchSize);
  for (let b = 0; b < batchSize; b++) {
    for (let t = 0; t < length; t++) rows[t * batchSize + b] = indices[b * length + t];
  }
  return rows;
}
