import type { Distribution, Operand, RandomStream } from '../backend.js';
import type { TypedArray } from '../dtype.js';
import { normalPair, philox, unit } from '../random.js';
import { convert } from './store.js';

/** Values of Philox 4x32-10, four elements a block. */
export function random(out: Operand<TypedArray>, d: Distribution, { seed, counter }: RandomStream): void {
  const words = new Uint32Array(4);
  for (let start = 0; start < out.size; start += 4) {
    philox(seed, counter + start / 4, words);
    const four = fourOf(d, words);
    for (let i = 0; i < Math.min(4, out.size - start); i++) out.handle[start + i] = convert(out.dtype, four[i]);
  }
}

function fourOf(d: Distribution, words: Uint32Array): number[] {
  switch (d.kind) {
    case 'uniform':
      return Array.from(words, (word) => d.low + unit(word) * (d.high - d.low));
    case 'normal':
      return [...normalPair(words[0], words[1]), ...normalPair(words[2], words[3])].map((z) => d.mean + d.std * z);
    case 'integer':
      return Array.from(words, (word) => d.low + Math.floor((word / 2 ** 32) * (d.high - d.low)));
  }
}
