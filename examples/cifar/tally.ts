import type { Tensor } from 'antinode';
import { percent } from '../shared/format.js';
import type { Tally } from '../shared/tally.js';

/** Adds a batch to the tally: its mean loss, and the share of images whose largest logit is not that of their label. */
export async function countBatch(tally: Tally, loss: Tensor, logits: Tensor, labels: Tensor): Promise<void> {
  const wrong = await logits.argmax(1).ne(labels).sum().item();
  const [size] = labels.shape;
  tally.add(size, { loss: await loss.item(), error: wrong / size });
}

/** A short note on the progress of training: mean loss, error and speed. */
export function noteOf(tally: Tally): string {
  return `loss ${tally.mean('loss').toFixed(3)} err ${percent(tally.mean('error'))} ${Math.round(tally.speed)} img/s`;
}
