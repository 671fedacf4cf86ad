import { DeviceError } from '../../errors.js';
import type { DeviceCounters } from '../../tensor/backend.js';
import { type Cell, overlap, type Range, sameRange, type View, viewOf } from './cell.js';
import type { GpuHost } from './device/host.js';
import type { GpuValue } from './device/library.js';
import { expectRoom } from './device/limits.js';
import type { Job } from './jobs/job.js';
import type { KernelSource } from './jobs/source.js';
import { Kernels } from './kernels.js';
import { merge } from './memory/merge.js';

/** A kernel to run. */
interface Launch {
  readonly source: KernelSource;
  readonly to: Cell;
  /** The elements of it that the kernel gives. */
  readonly range: Range;
}

/** What came of a launch. */
interface Written {
  readonly to: Cell;
  readonly range: Range;
  readonly value: GpuValue | null;
  readonly error: Error | null;
}

/** Patches of a cell beyond these are merged: each is a buffer. */
const mostPatches = 256;

const none: View = { start: 0, size: 0, value: null };

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

  /** Kernels that read what was there before any of them; those that write parts of one cell add up. */
  launch(jobs: readonly (Job | null)[]): void {
    // the tensors may be gone when the kernels run
    const launches = jobs.flatMap((job): Launch[] => {
      if (!job || job.out.size === 0) return [];
      const { cell } = job.out.handle;
      return [{ source: job.source, to: cell, range: job.source.range ?? { start: 0, size: cell.size } }];
    });
    this.#enqueue(() => this.#perform(launches));
  }

  /** Values of the host, which nobody else changes, become those of a cell from `start` on. */
  write(to: Cell, start: number, values: Float32Array): void {
    const range = { start, size: values.length };
    this.#enqueue(async () => {
      const whole = range.size === to.size;
      try {
        expectRoom(this.#kernels.host, to.size);
        if (to.error && !whole) throw to.error;
        await this.#makeRoom(to, range, whole);
        await this.#install({ to, range, value: await this.#kernels.upload(values), error: null });
      } catch (error) {
        await this.#install({ to, range, value: null, error: error as Error });
      }
    });
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
      await this.#merge(cell);
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
      // what they keep on the device may be what could not be made
      this.#kernels.forget();
    }
    this.#unconfirmed.clear();
    if (fault) throw fault;
  }

  async #perform(launches: readonly Launch[]): Promise<void> {
    const written: Written[] = [];
    for (const launch of launches) {
      const { to, range } = launch;
      const earlier = written.findIndex((each) => each.to === to && sameRange(each.range, range));
      const [former] = earlier < 0 ? [] : written.splice(earlier, 1);
      let result: Written = { to, range, value: null, error: null };
      try {
        if (written.some((each) => each.to === to && overlap(each.range, range))) {
          throw new DeviceError('gpu: expected outputs in rows of their own or in the same rows, got some in between');
        }
        result = { ...result, value: await this.#run(launch, former) };
      } catch (error) {
        result = { ...result, error: error as Error };
      }
      this.#kernels.free(former?.value ?? null);
      written.push(result);
    }
    for (const result of written) await this.#install(result);
  }

  /** Runs a kernel; `former` is what a kernel of the same call made of the same elements. */
  async #run({ source, to, range }: Launch, former: Written | undefined): Promise<GpuValue> {
    if (former?.error) throw former.error;
    // a part may fit where the whole does not
    expectRoom(this.#kernels.host, to.size);
    const whole = range.size === to.size;
    // what is written in part stays lost
    if (to.error && !(whole && !source.keeps)) throw to.error;
    for (const input of source.inputs) {
      if (input.cell.error) throw input.cell.error;
      if (viewOf(input.cell, input.range) === null) await this.#merge(input.cell);
    }
    await this.#makeRoom(to, range, whole && !source.keeps);
    const views = source.inputs.map((input) => viewOf(input.cell, input.range) as View);
    const kept = former ? { ...range, value: former.value } : (viewOf(to, range) ?? none);
    return this.#kernels.run(source, range.size, views, kept, range.start);
  }

  async #merge(cell: Cell): Promise<void> {
    this.#unconfirmed.add(cell);
    await merge(cell, this.#kernels);
  }

  /** Merges patches that a new value of a range would cut, unless it `replaces` them all. */
  async #makeRoom(to: Cell, range: Range, replaces: boolean): Promise<void> {
    if (replaces) return;
    const cut = to.patches.some((patch) => overlap(patch, range) && !sameRange(patch, range));
    if (cut) await this.#merge(to);
  }

  async #install({ to, range, value, error }: Written): Promise<void> {
    this.#unconfirmed.add(to);
    if (error || range.size === to.size) {
      this.#replace(to, value);
      to.error = error;
      return;
    }
    const at = to.patches.findIndex((patch) => sameRange(patch, range));
    if (at >= 0) this.#kernels.free(to.patches.splice(at, 1)[0].value);
    to.patches.push({ ...range, value });
    if (to.patches.length <= mostPatches) return;
    try {
      await this.#merge(to);
    } catch (failure) {
      this.#replace(to, null);
      to.error = failure as Error;
    }
  }

  #replace(cell: Cell, value: GpuValue | null): void {
    this.#kernels.free(cell.value);
    for (const patch of cell.patches.splice(0)) this.#kernels.free(patch.value);
    cell.value = value;
    cell.error = null;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#end = this.#end.then(work);
  }
}
