import type { GeneratorState } from '../tensor/random.js';
import type { Prefetcher } from './dataset.js';

/** A batch that is being prepared, and the state of the random stream after it. */
export interface Prepared<B> {
  readonly made: Promise<() => B>;
  readonly stream: GeneratorState;
}

/** Batches that are prepared ahead, in order. */
export class Ahead<B> {
  readonly #prefetcher: Prefetcher<B>;
  readonly #count: number;
  readonly #prepare: () => Prepared<B> | null;
  readonly #queue: Prepared<B>[] = [];
  /** The state of the random stream after the last batch that `next` returned. */
  stream: GeneratorState | null = null;

  /** `prepare` begins the next batch, or returns null after the last; `count` batches are prepared ahead. */
  constructor(prefetcher: Prefetcher<B>, count: number, prepare: () => Prepared<B> | null) {
    this.#prefetcher = prefetcher;
    this.#count = count;
    this.#prepare = prepare;
  }

  /** Returns the function that makes the next batch, and begins to prepare those after it. */
  async next(): Promise<() => B> {
    while (this.#queue.length <= this.#count) {
      const prepared = this.#prepare();
      if (prepared === null) break;
      // an error belongs to the iteration of its batch, which may never come
      prepared.made.catch(() => {});
      this.#queue.push(prepared);
    }
    const { made, stream } = this.#queue.shift() as Prepared<B>;
    const make = await made;
    this.stream = stream;
    return make;
  }

  /** Ends the preparation. */
  close(): void {
    this.#prefetcher.close();
  }
}
