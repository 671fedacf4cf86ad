import { DeviceError } from '../../errors.js';
import { firstNumbers, type Task } from './threads/control.js';

/** A kernel that can run. */
interface Kernel {
  readonly number: number;
  readonly task: Task;
  /** Its name in messages. */
  readonly label: string;
}

/** The compiled kernels, by name and by number as `firstNumbers` describes. */
export class KernelTable {
  /** True if wide kernels are used where there are any. */
  wide = false;
  readonly #byNumber: Kernel[] = [];
  readonly #narrow = new Map<string, Kernel>();
  readonly #wide = new Map<string, Kernel>();

  /** @param exports the exports of the kernels module */
  constructor(exports: WebAssembly.Exports) {
    this.#byNumber.length = firstNumbers.loaded;
    this.#add(exports, 0, this.#narrow, this.#wide);
  }

  /** Adds the module of wide kernels, which replace others of the same name. */
  addWide(exports: WebAssembly.Exports): void {
    this.#add(exports, firstNumbers.wide, this.#wide);
  }

  /** Adds a kernel that was loaded at run time and returns its number. */
  addLoaded(task: Task, label?: string): number {
    const number = this.#byNumber.length;
    this.#byNumber.push({ number, task, label: label ?? `kernel ${number}` });
    return number;
  }

  /** @throws DeviceError when there is no such kernel */
  get(kernel: string | number): Kernel {
    const found =
      typeof kernel === 'number' ? this.#byNumber[kernel] : (this.wide ? this.#wide : this.#narrow).get(kernel);
    if (!found) throw new DeviceError(`cpu: expected the name of a kernel, got '${kernel}'`);
    return found;
  }

  #add(exports: WebAssembly.Exports, first: number, ...maps: Map<string, Kernel>[]): void {
    for (const [i, [label, exported]] of Object.entries(exports).entries()) {
      const kernel = { number: first + i, task: exported as Task, label };
      this.#byNumber[kernel.number] = kernel;
      for (const map of maps) map.set(label, kernel);
    }
  }
}
