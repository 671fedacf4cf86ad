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

/** What an attack has found so far. */
export class Findings {
  tries = 0;
  /** A line for each try that broke a promise. */
  readonly failures: string[] = [];
  /** Lines for the table: what the tries were about. */
  notes: readonly string[] = [];
  /** Why the attack could not be made on this machine. */
  skipped: string | null = null;

  fail(text: string): void {
    this.failures.push(text);
  }
}

/** A way to break the promises of docs/reliability.md. */
export interface Attack {
  readonly name: string;
  /**
   * Tries until `deadline` (of performance.now()), and records what it finds. An attack on several formats instead gives
   * each of them as many inputs as `inputs` says, if it is given.
   */
  run(dice: Dice, deadline: number, findings: Findings, inputs?: number): Promise<void>;
}

/** Milliseconds of processor time that this process has used; unlike on a clock, other programs do not add to them. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** An error as one line, with the places that threw it. */
export function errorLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? `${error}`)
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ');
}
