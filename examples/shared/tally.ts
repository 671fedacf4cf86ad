/** The state of a Tally in a checkpoint in the middle of an epoch. */
export interface TallyState {
  readonly count: number;
  readonly sums: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Means over the items counted in an epoch, such as images or words, and the speed in items per second. */
export class Tally {
  /** Items counted. */
  count = 0;
  #sums: Record<string, number> = {};
  #secondsBefore = 0;
  #start = performance.now();

  /** Counts items, with the mean of each measured quantity over them, by name. */
  add(items: number, means: Readonly<Record<string, number>>): void {
    this.count += items;
    for (const [name, mean] of Object.entries(means)) this.#sums[name] = (this.#sums[name] ?? 0) + items * mean;
  }

  /** The mean over all items. */
  mean(name: string): number {
    return this.#sums[name] / this.count;
  }

  /** Seconds since the clock started, plus those of the processes that this one resumes. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#start) / 1000;
  }

  /** Items per second. */
  get speed(): number {
    return this.count / this.seconds;
  }

  /** Starts the clock. Call it where an epoch begins or resumes. */
  start(): void {
    this.#start = performance.now();
  }

  /** Resets everything for the next epoch. */
  clear(): void {
    this.loadStateDict({ count: 0, sums: {}, seconds: 0 });
  }

  stateDict(): TallyState {
    return { count: this.count, sums: { ...this.#sums }, seconds: this.seconds };
  }

  loadStateDict({ count, sums, seconds }: TallyState): void {
    this.count = count;
    this.#sums = { ...sums };
    this.#secondsBefore = seconds;
    this.start();
  }
}
