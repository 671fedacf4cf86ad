/** Thrown to end training that was stopped. */
export class Stopped extends Error {}

/**
 * A checkpoint that training passes between steps. It lets messages arrive, which can pause or stop training or run a
 * job while the weights do not change.
 */
export class Gate {
  #paused = false;
  #stopped = false;
  #wake = () => {};
  readonly #jobs: (() => Promise<void>)[] = [];

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Runs a job before the next step, or immediately if training is paused. */
  between(job: () => Promise<void>): void {
    this.#jobs.push(job);
    this.#wake();
  }

  /**
   * Lets messages arrive, runs the jobs, and waits while training is paused.
   *
   * @throws Stopped when training was stopped.
   */
  async pass(): Promise<void> {
    await macrotask();
    for (;;) {
      for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) await job();
      if (this.#stopped) throw new Stopped();
      if (!this.#paused) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const channel = new MessageChannel();

/** Waits for one turn of the event loop. A timer would wait for milliseconds. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
