import { ValueError } from '../../errors.js';
import { formula } from '../../formula/formula.js';
import type { Cell, GpuOperand } from './cell.js';
import { type Plan, temporary } from './jobs/job.js';
import { reducePlan } from './jobs/reduce.js';
import { KernelSource } from './jobs/source.js';

/**
 * One number for the index that is worst: 0 where all are inside; halves tell the negative ones. Beyond 2^22 it may be that
 * of a neighbour.
 */
const outside = formula('y = max(i == ignored ? 0 : i < 0 ? 0.5 - i : i >= length ? i + 1 : 0)', {
  tensors: ['i', 'y'],
  scalars: ['length', 'ignored'],
});

/** So many cells are remembered in case that they fail. */
const mostLooked = 100;

/** What no integer equals. */
const nothing = 0.5;

/**
 * Looks at indices on the device: kernels cannot fail, so they note the first index outside of its axis, and whoever
 * reads next is told.
 */
export class IndexGuard {
  /** What was expected of indices, by the number that stands for it in a note, from 1 on. */
  readonly #expectations: string[] = [];
  /** Which expectation was not met first (0 if all were), and by what. */
  readonly #note: GpuOperand = temporary(2);
  /** Cells whose indices have been looked at since they were written, and what they are below. */
  #below = new WeakMap<Cell, number>();
  /** Cells of the indices that were looked at last, since the note was taken. */
  #looked: Cell[] = [];

  /** What is to run before indices are used; nothing where they are known to be in [0, length). */
  plan(index: GpuOperand, length: number, expectation: string, ignored = nothing): Plan | null {
    const { dtype, size, handle } = index;
    const { cell } = handle;
    if (size === 0 || (this.#below.get(cell) ?? Number.POSITIVE_INFINITY) <= length) return null;
    const found = temporary(1);
    const i = { shape: [size], dtype, size, handle };
    const { stages, temporaries } = reducePlan(outside, { i, y: found }, { length, ignored });
    if (ignored === nothing && size === cell.size) this.#below.set(cell, length);
    this.#looked = [...this.#looked.slice(1 - mostLooked), cell];
    return { stages: [...stages, [this.#noteJob(found, expectation)]], temporaries: [...temporaries, found] };
  }

  /** A cell is written: what was known of it no longer holds. */
  forget(cell: Cell): void {
    this.#below.delete(cell);
  }

  /** The cell of the note, if something may have been noted since this was asked last, and those of the indices. */
  takeNote(): { readonly note: Cell; readonly looked: readonly Cell[] } | null {
    const looked = this.#looked;
    this.#looked = [];
    return looked.length > 0 ? { note: this.#note.handle.cell, looked } : null;
  }

  /** Throws ValueError if a note says something. */
  explain([number, value]: Float32Array): void {
    if (number === 0) return;
    // indices that were looked at once may be used again
    this.#below = new WeakMap();
    const got = value % 1 === 0 ? value - 1 : 0.5 - value;
    throw new ValueError(`${this.#expectations[number - 1]}, got ${got}`);
  }

  /** Throws the reason why a note cannot be read, unless all indices failed: then so does what was made with them. */
  explainLoss(reason: Error, looked: readonly Cell[]): void {
    this.#below = new WeakMap();
    if (!looked.every(({ error }) => error === reason)) throw reason;
  }

  #noteJob(found: GpuOperand, expectation: string): { out: GpuOperand; source: KernelSource } {
    const known = this.#expectations.indexOf(expectation);
    const number = 1 + (known >= 0 ? known : this.#expectations.push(expectation) - 1);
    const k = new KernelSource();
    k.line(`const found = ${k.element(found, '0')};`);
    // the first note stays
    const old = k.kept();
    k.line(`if (${old} > 0 || found === 0) { return ${old}; }`);
    k.line(`return this.thread.x === 0 ? ${k.number(number)} : found;`);
    return { out: this.#note, source: k };
  }
}
