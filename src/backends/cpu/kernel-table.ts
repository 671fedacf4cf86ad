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
  readonly #kernels: Kernel[] = [];
  /** Kernels by name: without and with the wide ones. */
  readonly #names = [new Map<string, Kernel>(), new Map<string, Kernel>()];

  /** @param exports the exports of the kernels module */
  constructor(exports: WebAssembly.Exports) {
    this.#kernels.length = firstNumbers.loaded;
    this.#add(exports, 0, this.#names);
  }

  /** Adds the module of wide kernels, which replace others of the same name. */
  addWide(exports: WebAssembly.Exports): void {
    this.#add(exports, firstNumbers.wide, this.#names.slice(1));
  }

  /** Adds a kernel that was loaded at run time and returns its number. */
  addLoaded(task: Task, label?: string): number {
    const number = this.#kernels.length;
    return this.#kernels.push({ number, task, label: label ?? `kernel ${number}` }) - 1;
  }

  /** @throws DeviceError when there is no such kernel */
  get(kernel: string | number): Kernel {
    const found = typeof kernel === 'number' ? this.#kernels[kernel] : this.#names[Number(this.wide)].get(kernel);
    if (!found) throw new DeviceError(`cpu: expected the name of a kernel, got '${kernel}'`);
    return found;
  }

  #add(exports: WebAssembly.Exports, first: number, maps: readonly Map<string, Kernel>[]): void {
    for (const [i, [label, task]] of Object.entries(exports).entries()) {
      const kernel = { number: first + i, task: task as Task, label };
      this.#kernels[first + i] = kernel;
      for (const map of maps) map.set(label, kernel);
    }
  }
}
