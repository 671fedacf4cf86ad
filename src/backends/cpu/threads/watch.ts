/** How many milliseconds the calling thread waits before it checks whether the workers still exist. */
export const checkEvery = 100;

/** Reports when the calling thread, which spins or waits, should check whether the workers still exist. */
export class Watch {
  /** Milliseconds without progress. A pause of the whole machine counts as one check. */
  stalled = 0;
  #done = -1;
  #checked = performance.now();

  /** Returns true every `checkEvery` milliseconds. `done` is the progress so far. */
  isDue(done = 0): boolean {
    const now = performance.now();
    const passed = now - this.#checked;
    if (done !== this.#done) this.stalled = 0;
    this.#done = done;
    if (passed < checkEvery) return false;
    this.stalled += Math.min(passed, 2 * checkEvery);
    this.#checked = now;
    return true;
  }
}
