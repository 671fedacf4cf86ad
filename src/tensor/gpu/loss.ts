import type { DeviceError } from '../errors.js';

/** The loss of a device, such as when its driver restarts. */
export class Loss {
  /** Why the device is lost; null while it works. */
  reason: DeviceError | null = null;
  readonly #waiting = new Set<(reason: DeviceError) => void>();

  /** The device is lost: everybody who waits is told, and all who come later. */
  happen(reason: DeviceError): void {
    this.reason ??= reason;
    for (const reject of this.#waiting) reject(this.reason);
    this.#waiting.clear();
  }

  /** What `work` gives, or a rejection as soon as the device is lost. */
  unless<T>(work: T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.reason) return reject(this.reason);
      this.#waiting.add(reject);
      Promise.resolve(work)
        .then(resolve, (error) => reject(this.reason ?? error))
        .finally(() => this.#waiting.delete(reject));
    });
  }
}
