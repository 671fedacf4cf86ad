import { DeviceError } from '../../../errors.js';

/** The loss of a device, which happens when its driver restarts, for example. */
export class DeviceLoss {
  /** Why the device is lost; null while it works. */
  reason: DeviceError | null = null;
  readonly #poll: () => string | null;
  readonly #waiting = new Set<(reason: DeviceError) => void>();

  /** @param poll for devices that can be polled: returns why the device is lost, null while it works */
  constructor(poll: () => string | null = () => null) {
    this.#poll = poll;
  }

  /** Records that the device is lost, and rejects all work that waits for it. Only the first cause is kept. */
  report(cause: string): DeviceError {
    this.reason ??= new DeviceError(
      `gpu: the device was lost (${cause || 'no reason given'}); its tensors are gone. await setDevice again for a new one`,
    );
    for (const reject of this.#waiting) reject(this.reason);
    this.#waiting.clear();
    return this.reason;
  }

  /**
   * Returns the result of `work`, or rejects as soon as the device is lost. On a lost device, the work is not started.
   */
  race<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const known = this.#current();
      if (known) return reject(known);
      this.#waiting.add(reject);
      new Promise<T>((begin) => begin(work()))
        .then(
          (value) => {
            // calls on a lost context of WebGL return nothing useful, but do not fail
            const reason = this.#current();
            if (reason) reject(reason);
            else resolve(value);
          },
          async (error) => {
            // the loss may be reported after the errors that it causes
            await new Promise((next) => setTimeout(next));
            reject(this.#current() ?? error);
          },
        )
        .finally(() => this.#waiting.delete(reject));
    });
  }

  #current(): DeviceError | null {
    const cause = this.reason === null ? this.#poll() : null;
    return cause === null ? this.reason : this.report(cause);
  }
}
