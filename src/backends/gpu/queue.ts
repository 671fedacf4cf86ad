import { DeviceError } from '../../errors.js';
import type { DeviceCounters } from '../../tensor/backend.js';
import { type Allocation, overlaps, type Range, sameRange, type View, viewOf } from './allocation.js';
import type { GpuValue } from './device/gpu-js.js';
import { expectRoom } from './device/limits.js';
import type { GpuRuntime } from './device/runtime.js';
import type { Job } from './jobs/job.js';
import { Kernels } from './kernels.js';
import { mergePatches } from './memory/merge.js';
import type { KernelSource } from './source/kernel-source.js';

/** A kernel to run. */
interface Launch {
  readonly source: KernelSource;
  readonly to: Allocation;
  /** The range of the allocation that the kernel writes. */
  readonly range: Range;
}

/** The outcome of a launch: a value or an error. */
interface Outcome {
  readonly to: Allocation;
  readonly range: Range;
  readonly value: GpuValue | null;
  readonly error: Error | null;
}

/** The patches of an allocation are merged if there are more than this: each patch is a buffer. */
const maxPatches = 256;

const emptyView: View = { start: 0, size: 0, value: null };

/**
 * Runs the work of the device in order. Work in the queue never rejects: an error is kept in the allocations that
 * should have been written, and reads of these reject with it.
 */
export class Queue {
  readonly #kernels: Kernels;
  #end: Promise<void> = Promise.resolve();
  /** Allocations that were written since the last check for faults of the device. */
  readonly #unchecked = new Set<Allocation>();

  constructor(runtime: GpuRuntime) {
    this.#kernels = new Kernels(runtime);
  }

  /**
   * Queues kernels, all of which read the values from before any of them runs. Several may write parts of one
   * allocation.
   */
  launch(jobs: readonly (Job | null)[]): void {
    // operands are read now: their tensors may be disposed before the kernels run
    const launches = jobs.flatMap((job): Launch[] => {
      if (!job || job.out.size === 0) return [];
      const { allocation } = job.out.handle;
      return [{ source: job.source, to: allocation, range: job.source.range ?? { start: 0, size: allocation.size } }];
    });
    this.#enqueue(() => this.#perform(launches));
  }

  /** Queues a write of values of the host, which the caller must not change later, from element `start` on. */
  write(to: Allocation, start: number, values: Float32Array): void {
    const range = { start, size: values.length };
    this.#enqueue(async () => {
      const whole = range.size === to.size;
      try {
        expectRoom(this.#kernels.runtime, to.size);
        if (to.error && !whole) throw to.error;
        await this.#mergeIfCut(to, range, whole);
        await this.#store({ to, range, value: await this.#kernels.upload(values), error: null });
      } catch (error) {
        await this.#store({ to, range, value: null, error: error as Error });
      }
    });
  }

  /** Queues the release of an allocation. */
  release(allocation: Allocation): void {
    this.#enqueue(async () => {
      this.#replace(allocation, null);
      this.#unchecked.delete(allocation);
    });
  }

  /**
   * Reads an allocation after all work queued before. Rejects with the error of the work that should have written it.
   */
  read(allocation: Allocation): Promise<Float32Array> {
    return this.#whenReached(async () => {
      if (allocation.error) throw allocation.error;
      await this.#merge(allocation);
      return this.#kernels.read(allocation);
    });
  }

  /** Waits until all queued work is done. Rejects with faults of the device. */
  finish(): Promise<void> {
    return this.#whenReached(() => this.#kernels.finish());
  }

  /** Returns the counters of the kernels after all work queued before. */
  async counters(): Promise<DeviceCounters> {
    await this.#end;
    return this.#kernels.counters;
  }

  /** Queues `work` and returns its result. Rejects if `work` does, or if the device has recorded a fault. */
  #whenReached<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue(async () => {
        const [outcome] = await Promise.allSettled([work()]);
        try {
          await this.#checkFaults();
          if (outcome.status === 'rejected') throw outcome.reason;
          resolve(outcome.value);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /**
   * Checks for faults that the device has recorded since the last check. A fault loses all values written since.
   * @throws the fault.
   */
  async #checkFaults(): Promise<void> {
    const fault = await this.#kernels.fault();
    if (fault) {
      for (const allocation of this.#unchecked) {
        this.#replace(allocation, null);
        allocation.error = fault;
      }
      // the memory of compiled kernels may be what the device could not allocate
      this.#kernels.clear();
    }
    this.#unchecked.clear();
    if (fault) throw fault;
  }

  async #perform(launches: readonly Launch[]): Promise<void> {
    const outcomes: Outcome[] = [];
    for (const launch of launches) {
      const { to, range } = launch;
      const earlier = outcomes.findIndex((each) => each.to === to && sameRange(each.range, range));
      const [previous] = earlier < 0 ? [] : outcomes.splice(earlier, 1);
      let outcome: Outcome = { to, range, value: null, error: null };
      try {
        if (outcomes.some((each) => each.to === to && overlaps(each.range, range))) {
          throw new DeviceError(
            'gpu: expected outputs in equal or in separate ranges of rows, got ranges that overlap',
          );
        }
        outcome = { ...outcome, value: await this.#run(launch, previous) };
      } catch (error) {
        outcome = { ...outcome, error: error as Error };
      }
      this.#kernels.free(previous?.value ?? null);
      outcomes.push(outcome);
    }
    for (const outcome of outcomes) await this.#store(outcome);
  }

  /** Runs a kernel; `previous` is the outcome of a kernel of the same call with the same range. */
  async #run({ source, to, range }: Launch, previous: Outcome | undefined): Promise<GpuValue> {
    if (previous?.error) throw previous.error;
    // also checked for a part, since the whole may not fit later
    expectRoom(this.#kernels.runtime, to.size);
    const whole = range.size === to.size;
    // an allocation that failed stays failed until all of it is written
    if (to.error && !(whole && !source.usesPrevious)) throw to.error;
    for (const { allocation, range } of source.inputs) {
      if (allocation.error) throw allocation.error;
      if (viewOf(allocation, range) === null) await this.#merge(allocation);
    }
    await this.#mergeIfCut(to, range, whole && !source.usesPrevious);
    const views = source.inputs.map((input) => viewOf(input.allocation, input.range) as View);
    const kept = previous ? { ...range, value: previous.value } : (viewOf(to, range) ?? emptyView);
    return this.#kernels.run(source, range, views, kept);
  }

  async #merge(allocation: Allocation): Promise<void> {
    this.#unchecked.add(allocation);
    await mergePatches(allocation, this.#kernels);
  }

  /**
   * Merges the patches if a new value of `range` overlaps a patch with another range, unless it `replaces` all
   * elements.
   */
  async #mergeIfCut(to: Allocation, range: Range, replaces: boolean): Promise<void> {
    if (replaces) return;
    const cut = to.patches.some((patch) => overlaps(patch, range) && !sameRange(patch, range));
    if (cut) await this.#merge(to);
  }

  async #store({ to, range, value, error }: Outcome): Promise<void> {
    this.#unchecked.add(to);
    if (error || range.size === to.size) {
      this.#replace(to, value);
      to.error = error;
      return;
    }
    const at = to.patches.findIndex((patch) => sameRange(patch, range));
    if (at >= 0) this.#kernels.free(to.patches.splice(at, 1)[0].value);
    to.patches.push({ ...range, value });
    if (to.patches.length <= maxPatches) return;
    try {
      await this.#merge(to);
    } catch (failure) {
      this.#replace(to, null);
      to.error = failure as Error;
    }
  }

  #replace(allocation: Allocation, value: GpuValue | null): void {
    this.#kernels.free(allocation.value);
    for (const patch of allocation.patches.splice(0)) this.#kernels.free(patch.value);
    allocation.value = value;
    allocation.error = null;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#end = this.#end.then(work);
  }
}
