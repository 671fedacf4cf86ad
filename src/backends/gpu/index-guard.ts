import { ValueError } from '../../errors.js';
import { formula } from '../../formula/formula.js';
import type { Allocation, GpuOperand } from './allocation.js';
import { type Job, type Plan, temporary } from './jobs/job.js';
import { reducePlan } from './jobs/reduce.js';
import { KernelSource } from './source/kernel-source.js';

/**
 * Encodes the index that is farthest out of range as one number: i + 1 for an index that is too large, 0.5 - i for a
 * negative one, and 0 if all are in range. Beyond 2^22, the encoded index may be off by one.
 */
const farthestOutside = formula('y = max(i == ignored ? 0 : i < 0 ? 0.5 - i : i >= length ? i + 1 : 0)', {
  tensors: ['i', 'y'],
  scalars: ['length', 'ignored'],
});

/** At most this many allocations are remembered, in case the report itself is lost. */
const maxChecked = 100;

/** A number that no index equals. */
const noIndex = 0.5;

/**
 * Checks indices on the device. Kernels cannot throw, so they write the first index that is out of range into a report,
 * which the next read of any tensor reads, too.
 */
export class IndexGuard {
  /** The expectations of indices; a report refers to an expectation by its position here, from 1 on. */
  readonly #expectations: string[] = [];
  /** The report: the number of the first expectation that was not met, 0 for none, and the encoded index. */
  readonly #report: GpuOperand = temporary(2);
  /** For allocations that were checked since they were written: a length that all of their indices are below. */
  #checkedLengths = new WeakMap<Allocation, number>();
  /** Allocations that were checked since the report was last taken; the latest ones only. */
  #checked: Allocation[] = [];

  /**
   * Plans the jobs that check indices; returns null if they are known to be in [0, length). The index `ignored` is not
   * checked.
   */
  plan(index: GpuOperand, length: number, expectation: string, ignored = noIndex): Plan | null {
    const { dtype, size, handle } = index;
    const { allocation } = handle;
    const known = this.#checkedLengths.get(allocation) ?? Number.POSITIVE_INFINITY;
    if (size === 0 || known <= length) return null;
    const found = temporary(1);
    const i = { shape: [size], dtype, size, handle };
    const { stages, temporaries } = reducePlan(farthestOutside, { i, y: found }, { length, ignored });
    if (ignored === noIndex && size === allocation.size) this.#checkedLengths.set(allocation, length);
    this.#checked = [...this.#checked.slice(1 - maxChecked), allocation];
    return { stages: [...stages, [this.#reportJob(found, expectation)]], temporaries: [...temporaries, found] };
  }

  /** Forgets the checks of an allocation, because it is written. */
  forget(allocation: Allocation): void {
    this.#checkedLengths.delete(allocation);
  }

  /** Returns the report and the allocations of the indices if some were checked since the last call, otherwise null. */
  takePending(): { readonly report: Allocation; readonly checked: readonly Allocation[] } | null {
    const checked = this.#checked;
    this.#checked = [];
    return checked.length > 0 ? { report: this.#report.handle.allocation, checked } : null;
  }

  /**
   * Checks that a report contains no index.
   * @throws ValueError if it does.
   */
  expectNone([number, encoded]: Float32Array): void {
    if (number === 0) return;
    // known indices are checked again, so that the error repeats if they are used again
    this.#checkedLengths = new WeakMap();
    const got = encoded % 1 === 0 ? encoded - 1 : 0.5 - encoded;
    throw new ValueError(`${this.#expectations[number - 1]}, got ${got}`);
  }

  /**
   * Checks that the reason why a report cannot be read is reported elsewhere. It is if all allocations of indices
   * failed for that reason: the results computed from them then failed as well, and reading those rejects.
   * @throws the reason otherwise.
   */
  expectExplained(reason: Error, checked: readonly Allocation[]): void {
    this.#checkedLengths = new WeakMap();
    if (!checked.every(({ error }) => error === reason)) throw reason;
  }

  #reportJob(found: GpuOperand, expectation: string): Job {
    const known = this.#expectations.indexOf(expectation);
    const number = 1 + (known >= 0 ? known : this.#expectations.push(expectation) - 1);
    const k = new KernelSource();
    k.const('found', k.element(found, '0'));
    // the first report is kept
    const previous = k.previous();
    k.when(`${previous} > 0 || found === 0`, () => k.return(previous));
    k.return(`this.thread.x === 0 ? ${k.scalar(number)} : found`);
    return { out: this.#report, source: k };
  }
}
