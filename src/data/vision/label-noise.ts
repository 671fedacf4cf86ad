import { ValueError } from '../../errors.js';
import { atLeast, share } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import { Generator } from '../../tensor/random.js';

/**
 * Adds pair-wise noise to labels: each label i becomes i + 1 (mod numClasses) with probability `rate`, independently of
 * the others. The flipped share of n labels is therefore binomial, with mean `rate` and standard deviation
 * sqrt(rate (1 - rate) / n): 0.400 +- 0.002 for 50,000 labels at rate 0.4. One seed always flips the same labels.
 * Source: Xie et al. 2021, section 5 (40 % pair-wise noise).
 * @param labels class numbers in [0, numClasses); not changed
 * @returns a new array
 * @throws ValueError for a rate outside [0, 1], fewer than 2 classes, or a label out of range.
 */
export function pairwiseLabelNoise(
  labels: ArrayLike<number>,
  rate: number,
  numClasses: number,
  seed: number,
): Int32Array {
  checkArgument('pairwiseLabelNoise', 'rate', share(), rate);
  checkArgument('pairwiseLabelNoise', 'numClasses', atLeast(2), numClasses);
  const generator = new Generator(seed);
  const noisy = new Int32Array(labels.length);
  for (let i = 0; i < noisy.length; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= numClasses) {
      throw new ValueError(`pairwiseLabelNoise: expected labels from 0 to ${numClasses - 1}, got ${label} at ${i}`);
    }
    noisy[i] = generator.uniform() < rate ? (label + 1) % numClasses : label;
  }
  return noisy;
}
