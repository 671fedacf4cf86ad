import type { Distribution, RandomStream } from '../../../tensor/backend.js';
import type { GpuOperand } from '../cell.js';
import { stored } from './formula.js';
import { printSineOfParts } from './functions.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource, widthOf } from './source.js';

/** A 32-bit word as names of its upper and lower 16 bits: devices have no integers that GPU.js would not turn to floats. */
type Word = readonly [high: string, low: string];

/**
 * Values of Philox 4x32-10, the stream of random.ts: a thread makes a block of four words for four elements. All
 * arithmetic is on integers below 2^24, so the words are those of every other device.
 */
export function randomJob(out: GpuOperand, d: Distribution, stream: RandomStream): Job {
  const k = new KernelSource(out.size % 4 === 0 ? widthOf(flat(out)) : 1);
  const place = beginOutput(k, flat(out));
  const [block, element] = k.divide(place, 4);
  const elements = elementsOf(k, d, words(k, stream, block)).map((value) => stored(k, out.dtype, value));
  if (k.width === 4) k.give(elements);
  else {
    elements.slice(0, 3).forEach((value, i) => {
      k.line(`if (${element} === ${i}) { return ${value}; }`);
    });
    k.line(`return ${elements[3]};`);
  }
  return { out, source: k };
}

function flat({ size, dtype, handle }: GpuOperand): GpuOperand {
  return { shape: [size], size, dtype, handle };
}

const halves = (n: number): [high: number, low: number] => [Math.floor(n / 65536) % 65536, n % 65536];

/** Names of the four words of block `block` of a stream. */
function words(k: KernelSource, { seed, counter }: RandomStream, block: string): Word[] {
  // the block is added to the counter, from its lowest 16 bits up
  const [blockHigh, blockLow] = k.divide(block, 65536);
  let carry = '0';
  const digits = [0, 1, 2, 3].map((i) => {
    const digit = k.number(Math.floor(counter / 65536 ** i) % 65536);
    const added = i === 0 ? `${blockLow} + ` : i === 1 ? `${blockHigh} + ` : '';
    const [over, rest] = k.divide(`(${added}${digit} + ${carry})`, 65536);
    carry = over;
    return rest;
  });
  const c = ['c0h', 'c0l', 'c1h', 'c1l', 'c2h', 'c2l', 'c3h', 'c3l'];
  const start = [digits[1], digits[0], digits[3], digits[2], '0', '0', '0', '0'];
  c.forEach((name, i) => {
    k.line(`let ${name} = ${start[i]};`);
  });
  const keys = [...halves(seed % 2 ** 32), ...halves(Math.floor(seed / 2 ** 32))];
  ['k0h', 'k0l', 'k1h', 'k1l'].forEach((name, i) => {
    k.line(`let ${name} = ${k.number(keys[i])};`);
  });
  k.line('for (let round = 0; round < 10; round++) {');
  const [p0, p1] = [product(k, ['c0h', 'c0l'], 0xd2511f53), product(k, ['c2h', 'c2l'], 0xcd9e8d57)];
  k.line(`c0h = xor(xor(${p1.high[0]}, c1h), k0h);`);
  k.line(`c0l = xor(xor(${p1.high[1]}, c1l), k0l);`);
  k.line(`c2h = xor(xor(${p0.high[0]}, c3h), k1h);`);
  k.line(`c2l = xor(xor(${p0.high[1]}, c3l), k1l);`);
  k.line(`c1h = ${p1.low[0]};`);
  k.line(`c1l = ${p1.low[1]};`);
  k.line(`c3h = ${p0.low[0]};`);
  k.line(`c3l = ${p0.low[1]};`);
  advance(k, 'k0', 0x9e3779b9);
  advance(k, 'k1', 0xbb67ae85);
  k.line('}');
  return [0, 1, 2, 3].map((i) => [`c${i}h`, `c${i}l`] as const);
}

/** Adds a constant to a word, modulo 2^32. */
function advance(k: KernelSource, word: string, by: number): void {
  const [high, low] = halves(by);
  const [over, rest] = k.divide(`(${word}l + ${low})`, 65536);
  k.line(`${word}l = ${rest};`);
  const [, upper] = k.divide(`(${word}h + ${high} + ${over})`, 65536);
  k.line(`${word}h = ${upper};`);
}

/**
 * The 64 bits of a word times a 32-bit number. The number is taken in bytes, so that products of 16 by 8 bits stay exact,
 * and so do the sums in which they meet.
 */
function product(k: KernelSource, [high, low]: Word, by: number): { high: Word; low: Word } {
  const bytes = [0, 1, 2, 3].map((i) => Math.floor(by / 256 ** i) % 256);
  const times = (half: string) =>
    bytes.map((byte) => {
      const name = k.name('p');
      k.line(`const ${name} = ${half} * ${byte};`);
      return name;
    });
  const [[a0, a1, a2, a3], [b0, b1, b2, b3]] = [times(low), times(high)];
  const [a1h, a1l] = k.divide(a1, 256);
  const [a2h, a2l] = k.divide(a2, 65536);
  const [a3h, a3l] = k.divide(a3, 256);
  const [b0h, b0l] = k.divide(b0, 65536);
  const [b1h, b1l] = k.divide(b1, 256);
  const [b2h, b2l] = k.divide(b2, 65536);
  const [b3h, b3l] = k.divide(b3, 256);
  const [carry0, w0] = k.divide(`(${a0} + ${a1l} * 256)`, 65536);
  const [carry1, w1] = k.divide(`(${carry0} + ${a1h} + ${a2l} + ${b0l} + ${a3l} * 256 + ${b1l} * 256)`, 65536);
  const [carry2, w2] = k.divide(`(${carry1} + ${a2h} + ${b0h} + ${a3h} + ${b1h} + ${b2l} + ${b3l} * 256)`, 65536);
  const w3 = k.name('w');
  k.line(`const ${w3} = ${carry2} + ${b2h} + ${b3h};`);
  return { high: [w3, w2], low: [w1, w0] };
}

/** Names of the four elements that the words of a block give. */
function elementsOf(k: KernelSource, d: Distribution, block: readonly Word[]): string[] {
  switch (d.kind) {
    case 'uniform': {
      const [low, range] = [k.number(d.low), k.number(d.high - d.low)];
      return block.map((word) => named(k, `${low} + ${unit(k, word)} * ${range}`));
    }
    case 'normal': {
      const [mean, std] = [k.number(d.mean), k.number(d.std)];
      const pairs = [normalPair(k, block[0], block[1]), normalPair(k, block[2], block[3])];
      return pairs.flat().map((z) => named(k, `${mean} + ${std} * ${z}`));
    }
    case 'integer': {
      const low = k.number(d.low);
      return block.map((word) => {
        const [high, rest] = product(k, word, d.high - d.low).high;
        return named(k, `${low} + (${high} * 65536 + ${rest})`);
      });
    }
  }
}

function named(k: KernelSource, expression: string): string {
  const name = k.name('e');
  k.line(`const ${name} = ${expression};`);
  return name;
}

/** The upper 24 bits of a word as a number in [0, 1). */
function unit(k: KernelSource, [high, low]: Word): string {
  const [byte] = k.divide(low, 256);
  return named(k, `(${high} * 256 + ${byte}) * ${2 ** -24}`);
}

/** A pair of standard normal numbers (Box and Muller, as in random.ts). */
function normalPair(k: KernelSource, first: Word, second: Word): [string, string] {
  const u = unit(k, first);
  // log(1 - t) by a series where t is small, since devices give log near 1 with an absolute error
  const t = named(k, `(1 - ${u}) - ${2 ** -24}`);
  const s = named(k, `${t} / (2 - ${t})`);
  const q = named(k, `${s} * ${s}`);
  const series = `1 / 3 + ${q} * (1 / 5 + ${q} * (1 / 7 + ${q} * (1 / 9 + ${q} * (1 / 11 + ${q} * (1 / 13)))))`;
  const near = named(k, `4 * ${s} * (1 + ${q} * (${series}))`);
  const far = named(k, `-2 * Math.log(${u} + ${2 ** -24})`);
  const radius = named(k, `Math.sqrt(${t} < 0.5 ? ${near} : ${far})`);
  const quarters = named(k, `4 * ${unit(k, second)}`);
  const n = named(k, `Math.floor(${quarters} + 0.5)`);
  const angle = named(k, `(${quarters} - ${n}) * ${Math.PI / 2}`);
  return [1, 0].map((shift) => {
    const wave = k.name('y');
    printSineOfParts(k, wave, angle, n, shift);
    return named(k, `${radius} * ${wave}`);
  }) as [string, string];
}
