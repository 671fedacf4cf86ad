import type { Distribution, RandomStream } from '../../../tensor/backend.js';
import type { GpuOperand } from '../allocation.js';
import { stored } from '../source/formula.js';
import { printReducedSine } from '../source/functions.js';
import { divide } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput, vectorWidth } from '../source/output.js';
import type { Job } from './job.js';

/**
 * The names of the upper and lower 16 bits of a 32-bit word: GPU.js computes in float32, which represents integers up
 * to 2^24.
 */
type Word = readonly [high: string, low: string];

/**
 * Values of Philox 4x32-10, the generator of src/tensor/random.ts: each thread computes a block of four words for four
 * elements. All arithmetic is on integers below 2^24, so the words are the same on all devices.
 */
export function randomJob(out: GpuOperand, d: Distribution, stream: RandomStream): Job {
  const k = new KernelSource(out.size % 4 === 0 ? vectorWidth(flat(out)) : 1);
  const place = beginOutput(k, flat(out));
  const [block, element] = divide(k, place, 4);
  const elements = elementsOf(k, d, philoxBlock(k, stream, block)).map((value) => stored(k, out.dtype, value));
  if (k.width === 4) k.return(elements);
  else {
    elements.slice(0, 3).forEach((value, i) => {
      k.when(`${element} === ${i}`, () => k.return(value));
    });
    k.return(elements[3]);
  }
  return { out, source: k };
}

function flat({ size, dtype, handle }: GpuOperand): GpuOperand {
  return { shape: [size], size, dtype, handle };
}

const halves = (n: number): [high: number, low: number] => [Math.floor(n / 65536) % 65536, n % 65536];

/** The four words of block `block` of a stream. */
function philoxBlock(k: KernelSource, { seed, counter }: RandomStream, block: string): Word[] {
  // adds the block to the counter, 16 bits at a time
  const [blockHigh, blockLow] = divide(k, block, 65536);
  let carry = '0';
  const digits = [0, 1, 2, 3].map((i) => {
    const digit = k.scalar(Math.floor(counter / 65536 ** i) % 65536);
    const added = i === 0 ? `${blockLow} + ` : i === 1 ? `${blockHigh} + ` : '';
    const [over, rest] = divide(k, `(${added}${digit} + ${carry})`, 65536);
    carry = over;
    return rest;
  });
  const start = [digits[1], digits[0], digits[3], digits[2], '0', '0', '0', '0'];
  ['c0h', 'c0l', 'c1h', 'c1l', 'c2h', 'c2l', 'c3h', 'c3l'].forEach((name, i) => {
    k.let(name, start[i]);
  });
  const keys = [...halves(seed % 2 ** 32), ...halves(Math.floor(seed / 2 ** 32))];
  ['k0h', 'k0l', 'k1h', 'k1l'].forEach((name, i) => {
    k.let(name, k.scalar(keys[i]));
  });
  k.loop('round', 10, () => {
    const [p0, p1] = [multiply(k, ['c0h', 'c0l'], 0xd2511f53), multiply(k, ['c2h', 'c2l'], 0xcd9e8d57)];
    k.set('c0h', `xor(xor(${p1.high[0]}, c1h), k0h)`);
    k.set('c0l', `xor(xor(${p1.high[1]}, c1l), k0l)`);
    k.set('c2h', `xor(xor(${p0.high[0]}, c3h), k1h)`);
    k.set('c2l', `xor(xor(${p0.high[1]}, c3l), k1l)`);
    k.set('c1h', p1.low[0]);
    k.set('c1l', p1.low[1]);
    k.set('c3h', p0.low[0]);
    k.set('c3l', p0.low[1]);
    addToWord(k, 'k0', 0x9e3779b9);
    addToWord(k, 'k1', 0xbb67ae85);
  });
  return [0, 1, 2, 3].map((i) => [`c${i}h`, `c${i}l`] as const);
}

/** Adds a constant to a word, modulo 2^32. */
function addToWord(k: KernelSource, word: string, by: number): void {
  const [high, low] = halves(by);
  const [over, rest] = divide(k, `(${word}l + ${low})`, 65536);
  k.set(`${word}l`, rest);
  const [, upper] = divide(k, `(${word}h + ${high} + ${over})`, 65536);
  k.set(`${word}h`, upper);
}

/**
 * The 64-bit product of a word and a 32-bit number. The number is split into bytes, so that the products of 16 by 8
 * bits and their sums are exact.
 */
function multiply(k: KernelSource, [high, low]: Word, by: number): { high: Word; low: Word } {
  const bytes = [0, 1, 2, 3].map((i) => Math.floor(by / 256 ** i) % 256);
  const timesBytes = (half: string) => bytes.map((byte) => k.define('p', `${half} * ${byte}`));
  const [[a0, a1, a2, a3], [b0, b1, b2, b3]] = [timesBytes(low), timesBytes(high)];
  const [a1h, a1l] = divide(k, a1, 256);
  const [a2h, a2l] = divide(k, a2, 65536);
  const [a3h, a3l] = divide(k, a3, 256);
  const [b0h, b0l] = divide(k, b0, 65536);
  const [b1h, b1l] = divide(k, b1, 256);
  const [b2h, b2l] = divide(k, b2, 65536);
  const [b3h, b3l] = divide(k, b3, 256);
  const [carry0, w0] = divide(k, `(${a0} + ${a1l} * 256)`, 65536);
  const [carry1, w1] = divide(k, `(${carry0} + ${a1h} + ${a2l} + ${b0l} + ${a3l} * 256 + ${b1l} * 256)`, 65536);
  const [carry2, w2] = divide(k, `(${carry1} + ${a2h} + ${b0h} + ${a3h} + ${b1h} + ${b2l} + ${b3l} * 256)`, 65536);
  const w3 = k.define('w', `${carry2} + ${b2h} + ${b3h}`);
  return { high: [w3, w2], low: [w1, w0] };
}

/** Computes four elements of a distribution from a block of four words. */
function elementsOf(k: KernelSource, d: Distribution, block: readonly Word[]): string[] {
  switch (d.kind) {
    case 'uniform': {
      const [low, range] = [k.scalar(d.low), k.scalar(d.high - d.low)];
      return block.map((word) => k.define('e', `${low} + ${unit(k, word)} * ${range}`));
    }
    case 'normal': {
      const [mean, std] = [k.scalar(d.mean), k.scalar(d.std)];
      const pairs = [normalPair(k, block[0], block[1]), normalPair(k, block[2], block[3])];
      return pairs.flat().map((z) => k.define('e', `${mean} + ${std} * ${z}`));
    }
    case 'integer': {
      const low = k.scalar(d.low);
      return block.map((word) => {
        const [high, rest] = multiply(k, word, d.high - d.low).high;
        return k.define('e', `${low} + (${high} * 65536 + ${rest})`);
      });
    }
  }
}

/** The upper 24 bits of a word as a number in [0, 1). */
function unit(k: KernelSource, [high, low]: Word): string {
  const [byte] = divide(k, low, 256);
  return k.define('e', `(${high} * 256 + ${byte}) * ${2 ** -24}`);
}

/** A pair of standard normal numbers by the Box-Muller transform, as in src/tensor/random.ts. */
function normalPair(k: KernelSource, first: Word, second: Word): [string, string] {
  const define = (value: string) => k.define('e', value);
  const u = unit(k, first);
  // computes log(1 - t) as a series if t is small, since devices compute log near 1 with an absolute error
  const t = define(`(1 - ${u}) - ${2 ** -24}`);
  const s = define(`${t} / (2 - ${t})`);
  const q = define(`${s} * ${s}`);
  const series = `1 / 3 + ${q} * (1 / 5 + ${q} * (1 / 7 + ${q} * (1 / 9 + ${q} * (1 / 11 + ${q} * (1 / 13)))))`;
  const near = define(`4 * ${s} * (1 + ${q} * (${series}))`);
  const far = define(`-2 * Math.log(${u} + ${2 ** -24})`);
  const radius = define(`Math.sqrt(${t} < 0.5 ? ${near} : ${far})`);
  const quarters = define(`4 * ${unit(k, second)}`);
  const n = define(`Math.floor(${quarters} + 0.5)`);
  const angle = define(`(${quarters} - ${n}) * ${Math.PI / 2}`);
  return [1, 0].map((shift) => {
    const wave = k.name('y');
    printReducedSine(k, wave, angle, n, shift);
    return define(`${radius} * ${wave}`);
  }) as [string, string];
}
