import { expected, textOf, ValueError } from '../errors.js';
import type { Distribution, RandomStream } from './backend.js';
import { expectFunction, expectNumber, expectObject } from './expect.js';
import { taskVariable } from './task-variable.js';

/**
 * Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four 32-bit words from a
 * 64-bit key and a 128-bit counter. The key is the seed as (low, high) words, the counter (low, high, 0, 0).
 */
export function philox(seed: number, counter: number, out: Uint32Array): Uint32Array {
  let c0 = counter >>> 0;
  let c1 = Math.floor(counter / 2 ** 32) >>> 0;
  let c2 = 0;
  let c3 = 0;
  let k0 = seed >>> 0;
  let k1 = Math.floor(seed / 2 ** 32) >>> 0;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high0 = highProduct(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    const high1 = highProduct(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** Upper 32 bits of a product of unsigned 32-bit integers, computed exactly in doubles from 16-bit halves. */
function highProduct(a: number, b: number): number {
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = a * bLow;
  const high = a * bHigh + Math.floor(low / 65536);
  return Math.floor(high / 65536) >>> 0;
}

/** A uniform float32 in [0, 1) from a word: its upper 24 bits, so the value is exact. */
export function unit(word: number): number {
  return (word >>> 8) / 16777216;
}

/**
 * A pair of standard normal numbers from two words (Box and Muller): radius from the first, angle from the second.
 * Element i of a normal tensor uses block floor(i / 4): words 0 and 1 give its elements 0 and 1, words 2 and 3 its
 * elements 2 and 3.
 */
export function normalPair(word0: number, word1: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(((word0 >>> 8) + 1) / 16777216));
  const angle = 2 * Math.PI * unit(word1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** The four elements that a block of random words gives. */
export function elementsOf(d: Distribution, words: Uint32Array): number[] {
  switch (d.kind) {
    case 'uniform':
      return Array.from(words, (word) => d.low + unit(word) * (d.high - d.low));
    case 'normal':
      return [...normalPair(words[0], words[1]), ...normalPair(words[2], words[3])].map((z) => d.mean + d.std * z);
    case 'integer':
      return Array.from(words, (word) => d.low + Math.floor((word / 2 ** 32) * (d.high - d.low)));
  }
}

/** The state of a generator, as stored in a checkpoint. */
export interface GeneratorState {
  readonly seed: number;
  readonly counter: number;
}

/** The place in a stream of random numbers. */
interface Position {
  seed: number;
  /** Number of the next block. */
  counter: number;
  /** The current block. */
  readonly words: Uint32Array;
  /** How many of its words are still to be drawn. */
  unused: number;
}

function startOf(seed: number): Position {
  return { seed: checkSeed(seed), counter: 0, words: new Uint32Array(4), unused: 0 };
}

/** The longest permutation: its numbers are int32. */
const mostItems = 2 ** 31 - 1;

/**
 * A seeded stream of random numbers from which any number of consumers can draw blocks; the numbers do not depend on
 * the device.
 */
export class Generator {
  readonly #position: Position;

  /** @throws ValueError unless seed is an integer from 0 to 2^53 - 1. */
  constructor(seed: number) {
    this.#position = startOf(seed);
  }

  /**
   * Where the stream is.
   * @internal
   */
  protected get position(): Position {
    return this.#position;
  }

  /**
   * Reserves the blocks for `size` tensor elements.
   * @internal
   */
  reserve(size: number): RandomStream {
    const { position } = this;
    const stream = { seed: position.seed, counter: position.counter };
    position.counter += Math.ceil(size / 4);
    position.unused = 0;
    return stream;
  }

  /** A uniform number in [0, 1) with 24 random bits. */
  uniform(): number {
    return unit(this.#word());
  }

  /** A uniform integer in [0, n). */
  below(n: number): number {
    expectNumber('Generator.below', 'a number', n);
    return Math.floor((this.#word() / 2 ** 32) * n);
  }

  /**
   * The integers 0..n-1 in random order (Fisher and Yates).
   * @throws ValueError unless n is an integer from 0 to 2^31 - 1.
   */
  permutation(n: number): Int32Array {
    if (!Number.isInteger(n) || n < 0 || n > mostItems) {
      throw new ValueError(expected('Generator.permutation', `an integer from 0 to ${mostItems}`, textOf(n)));
    }
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /**
   * Returns everything needed to continue from here. Both this generator and a restored one then draw from the next
   * block.
   */
  state(): GeneratorState {
    const { position } = this;
    position.unused = 0;
    return { seed: position.seed, counter: position.counter };
  }

  /**
   * Continues from a saved state.
   * @throws ValueError if the state is invalid.
   */
  setState(state: GeneratorState): void {
    expectObject('Generator', 'a state', state);
    const { seed, counter } = state;
    if (!Number.isSafeInteger(counter) || counter < 0) {
      throw new ValueError(`Generator: expected a counter of at least 0, got ${counter}`);
    }
    Object.assign(this.position, { seed: checkSeed(seed), counter, unused: 0 });
  }

  /**
   * Returns a function that puts the stream back to exactly where it is now.
   * @internal
   */
  bookmark(): () => void {
    const { words, ...rest } = this.position;
    const copy = words.slice();
    return () => void Object.assign(this.position, rest, { words: copy.slice() });
  }

  #word(): number {
    const { position } = this;
    if (position.unused === 0) {
      philox(position.seed, position.counter++, position.words);
      position.unused = 4;
    }
    return position.words[4 - position.unused--];
  }
}

function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ValueError(expected('manualSeed', 'an integer of at least 0', textOf(seed)));
  }
  return seed;
}

/** The generator of `withSeed`. */
const seeded = taskVariable<Position>();

class DefaultGenerator extends Generator {
  protected override get position(): Position {
    return seeded.get() ?? super.position;
  }
}

/**
 * The stream used by initialisation, dropout, shuffling and augmentation unless they are given another one. In the body
 * of `withSeed` it is a stream of its own.
 */
export const defaultGenerator: Generator = new DefaultGenerator(Date.now());

/**
 * Seeds the default stream, so that all later random numbers are the same from run to run.
 * @throws ValueError unless seed is an integer from 0 to 2^53 - 1.
 */
export function manualSeed(seed: number): void {
  defaultGenerator.setState({ seed: checkSeed(seed), counter: 0 });
}

/**
 * Runs `body` with a new default stream, and leaves the stream of the code around it as it is. Programs that do several
 * things at once, such as two trainings, get the same random numbers as when each runs alone.
 * @throws ValueError unless seed is an integer from 0 to 2^53 - 1.
 * @example const [a, b] = await Promise.all([withSeed(1, train), withSeed(2, train)]);
 */
export function withSeed<R>(seed: number, body: () => R): R {
  expectFunction('withSeed', 'a function', body);
  return seeded.run('withSeed', startOf(seed), body);
}
