import type { Primitive, Work } from './work.js';

/** One call of a primitive, in milliseconds of `performance.now()`. */
export interface Span {
  readonly op: Primitive;
  readonly start: number;
  end: number;
  /** Null if the call threw. */
  work: Work | null;
  /** True if the call returned a promise, which settled at `end`. */
  waits: boolean;
}

/** The calls during a profile in the order in which they began. */
export interface Timeline {
  readonly spans: readonly Span[];
  readonly begun: number;
  readonly ended: number;
}

/**
 * Divides the time of a profile among its calls: each moment belongs to the call that began last among those that are
 * running. Only calls that wait overlap with others. Returns the milliseconds of each call, and of no call.
 */
export function divideTime({ spans, begun, ended }: Timeline): { own: number[]; outside: number } {
  const own = spans.map(() => 0);
  const edges = spans.flatMap(({ start, end }, index) => [
    { at: start, index, opens: true },
    { at: end, index, opens: false },
  ]);
  // stable, so that a call that took no measurable time still opens before it closes
  edges.sort((a, b) => a.at - b.at);
  const open: number[] = [];
  let outside = 0;
  let last = begun;
  const pass = (now: number) => {
    const running = open.at(-1);
    if (running === undefined) outside += now - last;
    else own[running] += now - last;
    last = now;
  };
  for (const { at, index, opens } of edges) {
    pass(at);
    if (opens) open.push(index);
    else open.splice(open.lastIndexOf(index), 1);
  }
  pass(ended);
  return { own, outside };
}
