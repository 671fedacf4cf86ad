import type { DeviceCounters } from '../backend.js';
import type { Cell } from './cell.js';
import type { GpuHost } from './host.js';
import type { Job } from './job.js';
import { Kernels, type Launch } from './kernels.js';
import type { GpuValue } from './library.js';

/**
 * What is to be done on the device, in order. Nothing in the queue rejects: a failure stays with the cells that it should
 * have filled, and whoever reads them is told.
 */
export class Queue {
  readonly #kernels: Kernels;
  #end: Promise<void> = Promise.resolve();
  /** Cells written since the device was last asked whether all went well. */
  readonly #unconfirmed = new Set<Cell>();

  constructor(host: GpuHost) {
    this.#kernels = new Kernels(host);
  }

  /** True where values live in textures or buffers of a device. */
  get remote(): boolean {
    return this.#kernels.remote;
  }

  /** Kernels that read what was there before any of them; those that write parts of one cell add up. */
  launch(jobs: readonly (Job | null)[]): void {
    // the tensors may be gone when the kernels run
    const launches = jobs.flatMap((job): Launch[] =>
      job && job.out.size > 0 ? [{ source: job.source, to: job.out.handle.cell }] : [],
    );
    this.#enqueue(() => this.#perform(launches));
  }

  /** A cell becomes `value` whole. */
  replace(cell: Cell, value: Float32Array | null): void {
    this.#enqueue(async () => this.#replace(cell, value));
  }

  /** A cell is needed no more. */
  release(cell: Cell): void {
    this.#enqueue(async () => {
      this.#replace(cell, null);
      this.#unconfirmed.delete(cell);
    });
  }

  /** The values of a cell when all that was queued before is done. Rejects with what went wrong on the way. */
  read(cell: Cell): Promise<Float32Array> {
    return this.#await(async () => {
      if (cell.error) throw cell.error;
      return this.#kernels.read(cell);
    });
  }

  /** Waits until all that was queued is done. Rejects with what went wrong. */
  finish(): Promise<void> {
    return this.#await(() => this.#kernels.finish());
  }

  /** What kernels did so far and hold, once all that is queued has run. */
  async counters(): Promise<DeviceCounters> {
    await this.#end;
    return this.#kernels.counters;
  }

  /** What `work` gives when its turn has come, unless the device did not do what it was told. */
  #await<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue(async () => {
        const [outcome] = await Promise.allSettled([work()]);
        try {
          await this.#confirm();
          if (outcome.status === 'rejected') throw outcome.reason;
          resolve(outcome.value);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Throws if commands since the last time were not carried out; what they should have written is lost. */
  async #confirm(): Promise<void> {
    const fault = await this.#kernels.fault();
    if (fault) {
      for (const cell of this.#unconfirmed) {
        this.#replace(cell, null);
        cell.error = fault;
      }
    }
    this.#unconfirmed.clear();
    if (fault) throw fault;
  }

  async #perform(launches: readonly Launch[]): Promise<void> {
    const written = new Map<Cell, { value: GpuValue | null; error: Error | null }>();
    for (const launch of launches) {
      const { to, source } = launch;
      const earlier = written.get(to);
      const error = earlier?.error ?? (source.keeps ? to.error : null);
      try {
        if (error) throw error;
        const value = await this.#kernels.run(launch, earlier ? earlier.value : to.value);
        this.#kernels.free(earlier?.value ?? null);
        written.set(to, { value, error: null });
      } catch (failure) {
        this.#kernels.free(earlier?.value ?? null);
        written.set(to, { value: null, error: failure as Error });
      }
    }
    for (const [cell, { value, error }] of written) {
      this.#replace(cell, value);
      cell.error = error;
      this.#unconfirmed.add(cell);
    }
  }

  #replace(cell: Cell, value: GpuValue | null): void {
    this.#kernels.free(cell.value);
    cell.value = value;
    cell.error = null;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#end = this.#end.then(work);
  }
}
