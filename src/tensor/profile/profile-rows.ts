import type { Span } from './timeline.js';
import type { Work } from './work.js';

/** Calls of one primitive, of equal shapes and formula or of all. Times are milliseconds. */
export interface ProfileRow {
  /** The primitive, a method of the backend such as `matmul`, `map` or `conv2dWeightGrad`. */
  readonly op: string;
  /**
   * Shapes and options, such as `128x784 @ 256x784.T` for a product with the transpose, and `32x64x56x56*128x3x3 s2 p1`
   * for a convolution of 32 images to 128 channels with stride 2 and padding 1; empty if the row is about all shapes.
   */
  readonly shape: string;
  /** The text of the formula of `map`, `prepareMap` and `reduce`, on one line. */
  readonly formula?: string;
  readonly calls: number;
  /** Time of all calls. */
  readonly ms: number;
  /** Part of the total time, in [0, 1]. */
  readonly share: number;
  /**
   * Floating-point operations of all calls, counting a multiplication and an addition as two, of matrix products and
   * convolutions; algorithms such as Winograd's get by with fewer multiplications.
   */
  readonly flops?: number;
  /**
   * The least bytes of tensors that all calls read and write: each operand once, twice if it is updated in place, and
   * of tensors that are indexed as many elements as there are indices.
   */
  readonly bytes?: number;
  /** GFLOP/s; undefined if the device queues work. */
  readonly flopRate?: number;
  /** GB/s; undefined if the device queues work. */
  readonly byteRate?: number;
}

/** The shapes and options of a call as text: `128x784 @ 784x256`. */
export function shapeOf({ parts }: Work): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.length === 0 ? '1' : part.join('x'))).join('');
}

/** The text of the formula of a call on one line. */
export function formulaText({ formula }: Work): string | undefined {
  const statement = /\s*[;\n]\s*(?=(?:const\s+)?[A-Za-z_]\w*\s*=[^=])/g;
  return formula?.text.trim().replace(statement, '; ').replace(/\s+/g, ' ');
}

/** The calls of a profile and the time that belongs to each. */
export interface TimedCalls {
  readonly spans: readonly Span[];
  readonly own: readonly number[];
  readonly total: number;
  /** True if times are those of queueing work, so that there are no rates. */
  readonly queued: boolean;
}

/** Adds up the calls, by primitive or also by shapes and formula; most time comes first. */
export function rowsOf(calls: TimedCalls, by: 'op' | 'shape'): ProfileRow[] {
  const groups = new Map<string, number[]>();
  calls.spans.forEach(({ op, work }, index) => {
    const details = by === 'op' || work === null ? [] : [shapeOf(work), work.formula?.id];
    const key = [op, ...details].join('\n');
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  return [...groups.values()].map((group) => rowOf(calls, group, by)).sort((a, b) => b.ms - a.ms);
}

function rowOf({ spans, own, total, queued }: TimedCalls, group: readonly number[], by: 'op' | 'shape'): ProfileRow {
  const { op, work } = spans[group[0]];
  const ms = sumOf(group.map((index) => own[index]));
  const totalOf = (what: 'flops' | 'bytes') => {
    const known = group.flatMap((index) => spans[index].work?.[what] ?? []);
    return known.length > 0 ? sumOf(known) : undefined;
  };
  const [flops, bytes] = [totalOf('flops'), totalOf('bytes')];
  const rate = (amount: number | undefined) => {
    return amount === undefined || ms === 0 || queued ? undefined : amount / ms / 1e6;
  };
  return {
    op,
    ...(by === 'shape' && work ? { shape: shapeOf(work), formula: formulaText(work) } : { shape: '' }),
    calls: group.length,
    ms,
    share: total > 0 ? ms / total : 0,
    flops,
    bytes,
    flopRate: rate(flops),
    byteRate: rate(bytes),
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
