import type { Backend } from '../backend.js';
import { inspectSymbol } from '../printing/print.js';
import { chromeTrace } from './chrome-trace.js';
import { type ProfileRow, rowsOf } from './profile-rows.js';
import { type ProfileTableOptions, profileTable } from './profile-table.js';
import { divideTime, type Timeline } from './timeline.js';

/** What `profile` has measured. Times are milliseconds. */
export class Profile<R = unknown> {
  /** What the body returned. */
  readonly result: R;
  /** Name of the device. */
  readonly device: string;
  /**
   * True if the device queues work, as GPUs do: times of primitives are then those of queueing them, and the time of
   * the work is in `read` and `synchronize`, which wait for it, and rows have no rates.
   */
  readonly queued: boolean;
  /** From the start of the body until it was done and the device had finished its work. */
  readonly total: number;
  /** The part of `total` outside of primitives: JavaScript, such as checks, autograd and the program itself. */
  readonly host: number;
  /** The calls, one row per primitive, shapes and formula; most time first. The times add up to `total - host`. */
  readonly rows: readonly ProfileRow[];
  /** The calls, one row per primitive; most time first. */
  readonly ops: readonly ProfileRow[];
  readonly #timeline: Timeline;

  /** @internal */
  constructor(result: R, { name, synchronize }: Pick<Backend, 'name' | 'synchronize'>, timeline: Timeline) {
    const { own, outside } = divideTime(timeline);
    this.result = result;
    this.device = name;
    this.queued = synchronize !== undefined;
    this.total = timeline.ended - timeline.begun;
    this.host = outside;
    const calls = { spans: timeline.spans, own, total: this.total, queued: this.queued };
    this.rows = rowsOf(calls, 'shape');
    this.ops = rowsOf(calls, 'op');
    this.#timeline = timeline;
  }

  /**
   * The rows as a table: calls, milliseconds, the share of the total, and GFLOP/s where operations are defined, else
   * GB/s.
   * @throws ValueError for invalid options.
   */
  table(options?: ProfileTableOptions): string {
    return profileTable(this, options);
  }

  /** The table with default options. */
  toString(): string {
    return this.table();
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.table();
  }

  /**
   * The calls as JSON in the Trace Event Format, which chrome://tracing, Perfetto and speedscope show. Save it with
   * `io.writeAtomically(path, profile.toChromeTrace())`.
   */
  toChromeTrace(): string {
    return chromeTrace(this.device, this.#timeline);
  }
}
