import { DeviceError } from '../../../errors.js';

/** The loss of a device, such as when its driver restarts. */
export class Loss {
  /** Why the device is lost; null while it works. */
  reason: DeviceError | null = null;
  readonly #look: () => string | null;
  readonly #waiting = new Set<(reason: DeviceError) => void>();

  /** @param look gives why the device is lost, null while it works, where it can be asked */
  constructor(look: () => string | null = () => null) {
    this.#look = look;
  }

  /** The device is lost: everybody who waits is told, and all who come later. */
  happen(why: string): DeviceError {
    this.reason ??= new DeviceError(
      `gpu: the device was lost (${why || 'no reason given'}); its tensors are gone. await setDevice again for a fresh one`,
    );
    for (const reject of this.#waiting) reject(this.reason);
    this.#waiting.clear();
    return this.reason;
  }

  /** What `work` gives, or a rejection as soon as the device is lost; on a lost device nothing is begun. */
  unless<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const known = this.#known();
      if (known) return reject(known);
      this.#waiting.add(reject);
      new Promise<T>((begin) => begin(work()))
        .then(
          (value) => {
            // what a lost context computes is nothing, and nothing fails
            const reason = this.#known();
            if (reason) reject(reason);
            else resolve(value);
          },
          async (error) => {
            // failures may come before the news of the loss that they come from
            await new Promise((next) => setTimeout(next));
            reject(this.#known() ?? error);
          },
        )
        .finally(() => this.#waiting.delete(reject));
    });
  }

  #known(): DeviceError | null {
    const why = this.reason === null ? this.#look() : null;
    return why === null ? this.reason : this.happen(why);
  }
}
