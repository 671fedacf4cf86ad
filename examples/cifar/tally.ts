import type { Tensor } from 'antinode';
import { percent } from '../shared/format.js';

/** Mean loss and error of the images counted so far, and how fast they came. */
export class Tally {
  /** Images counted. */
  count = 0;
  #loss = 0;
  #wrong = 0;
  readonly #start = performance.now();

  /** Counts a batch: its mean loss, logits (B, classes) and labels (B). */
  async add(loss: Tensor, logits: Tensor, labels: Tensor): Promise<void> {
    const size = labels.shape[0];
    this.#loss += size * (await loss.item());
    this.#wrong += await logits.argmax(1).ne(labels).sum().item();
    this.count += size;
  }

  /** Mean loss. */
  get loss(): number {
    return this.#loss / this.count;
  }

  /** Share of images whose largest logit is not that of the label. */
  get error(): number {
    return this.#wrong / this.count;
  }

  /** Seconds since the first image was asked for. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** All of it in a few words. */
  toString(): string {
    const speed = `${Math.round(this.count / this.seconds)} img/s`;
    return `loss ${this.loss.toFixed(3)} err ${percent(this.error)} ${speed}`;
  }
}
