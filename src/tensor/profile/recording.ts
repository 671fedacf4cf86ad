import { taskVariable } from '../task-variable.js';
import type { Span, Timeline } from './timeline.js';
import type { Primitive, Work } from './work.js';

/** The calls of primitives while a body runs. */
export class Recording implements Timeline {
  readonly spans: Span[] = [];
  readonly begun: number = performance.now();
  ended: number = Number.NaN;
  /** True while calls are noted: not during a primitive, which may use others, and not after the end. */
  isListening = true;

  /** Notes that a call begins. */
  begin(op: Primitive): Span {
    this.isListening = false;
    const span: Span = { op, start: performance.now(), end: Number.NaN, work: null, waits: false };
    this.spans.push(span);
    return span;
  }

  /** Notes that a call has returned or thrown. */
  end(span: Span): void {
    span.end = performance.now();
    this.isListening = true;
  }

  /** Notes that a call has returned a promise, and when that settles. */
  wait(span: Span, promise: Promise<unknown>): Promise<unknown> {
    span.waits = true;
    span.end = Number.NaN;
    return promise.finally(() => {
      if (Number.isNaN(this.ended)) span.end = performance.now();
    });
  }

  /** Ends the recording, and with it the reads whose promises have not settled. */
  close(): void {
    this.ended = performance.now();
    this.isListening = false;
    for (const span of this.spans) if (Number.isNaN(span.end)) span.end = this.ended;
  }
}

/** The recording that the running task belongs to. */
export const recordingOfTask = taskVariable<Recording>();

/** Calls a primitive; if the running task is being recorded, notes its time and what `describe` says of it. */
export function measured<A extends readonly unknown[], R>(
  op: Primitive,
  primitive: (...call: A) => R,
  describe: (...call: A) => Work,
  call: A,
): R {
  const recording = recordingOfTask.get();
  if (!recording?.isListening) return primitive(...call);
  const span = recording.begin(op);
  let result: R;
  try {
    result = primitive(...call);
  } finally {
    recording.end(span);
  }
  span.work = describe(...call);
  return result instanceof Promise ? (recording.wait(span, result) as R) : result;
}
