/** A random number generator with a seed, so that a failure can be repeated. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1) (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** What one turn of an attack has found. */
export interface Findings {
  tries: number;
  /** A line for each try that broke a promise. */
  readonly failures: string[];
}

/** A way to break the promises of docs/reliability.md. */
export interface Attack {
  readonly name: string;
  /** What must not happen, for the table. */
  readonly promise: string;
  /** Tries until `deadline` (of performance.now()), and records what it finds. */
  run(dice: Dice, deadline: number, findings: Findings): Promise<void>;
}
