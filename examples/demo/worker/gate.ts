/** Thrown out of training that is not to go on. */
export class Stopped extends Error {}

/**
 * What training passes between its steps, so that messages arrive and can pause it, stop it, or have something done
 * while the weights rest.
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

  /** Does a job before the next step, at once if training is paused. */
  between(job: () => Promise<void>): void {
    this.#jobs.push(job);
    this.#wake();
  }

  /** Lets messages arrive, does the jobs, and waits while paused. Throws Stopped. */
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

/** A turn of the event loop; a timer would wait for milliseconds. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
