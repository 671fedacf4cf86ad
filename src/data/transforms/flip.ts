import { share } from '../../tensor/option-kinds.js';
import { checkArgument } from '../../tensor/options.js';
import type { Transform } from './transform.js';

/**
 * Mirrors each image left to right with probability `p` (default 0.5).
 * @throws ValueError for p outside [0, 1].
 */
export function randomHorizontalFlip(p = 0.5): Transform {
  checkArgument('randomHorizontalFlip', 'p', share(), p);
  return {
    random: true,
    recipe: { name: 'randomHorizontalFlip', args: [p] },
    apply(images, generator) {
      const { data, count, channels, height, width } = images;
      const rows = channels * height;
      for (let i = 0; i < count; i++) {
        if (generator.uniform() >= p) continue;
        for (let row = i * rows; row < (i + 1) * rows; row++) reverse(data, row * width, width);
      }
      return images;
    },
  };
}

function reverse(data: Uint8Array | Float32Array, start: number, length: number): void {
  for (let a = start, b = start + length - 1; a < b; a++, b--) {
    const left = data[a];
    data[a] = data[b];
    data[b] = left;
  }
}
