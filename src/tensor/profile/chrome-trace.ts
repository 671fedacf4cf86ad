import { formulaText, shapeOf } from './profile-rows.js';
import type { Span, Timeline } from './timeline.js';

/** Track of the profile and of calls that do not wait. */
const mainTrack = 1;

/** Formats the calls as JSON in the Trace Event Format: complete events in the order in which they began. */
export function chromeTrace(device: string, { spans, begun, ended }: Timeline): string {
  const tracks = tracksOf(spans);
  const place = (start: number, end: number, tid: number) => ({
    ph: 'X',
    pid: 1,
    tid,
    ts: 1000 * (start - begun),
    dur: 1000 * (end - start),
  });
  const name = (what: string, tid: number, text: string) => ({
    name: what,
    ph: 'M',
    pid: 1,
    tid,
    args: { name: text },
  });
  const waiting = [...new Set(tracks)].filter((tid) => tid !== mainTrack);
  const events: object[] = [
    name('process_name', mainTrack, `antinode on ${device}`),
    name('thread_name', mainTrack, 'primitives'),
    ...waiting.sort((a, b) => a - b).map((tid) => name('thread_name', tid, 'waiting for values')),
    { name: 'profile', ...place(begun, ended, mainTrack) },
    ...spans.map(({ op, start, end, work }, index) => ({
      name: op,
      cat: device,
      ...place(start, end, tracks[index]),
      args: work === null ? {} : argsOf(work),
    })),
  ];
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines}\n]}\n`;
}

function argsOf(work: NonNullable<Span['work']>): object {
  const shape = shapeOf(work);
  return { ...(shape === '' ? {} : { shape }), formula: formulaText(work), flops: work.flops, bytes: work.bytes };
}

/** The track of each call: events of one track must be nested, and calls that wait may overlap in other ways. */
function tracksOf(spans: readonly Span[]): number[] {
  const busyUntil: number[] = [];
  return spans.map(({ start, end, waits }) => {
    if (!waits) return mainTrack;
    const free = busyUntil.findIndex((until) => until <= start);
    const track = free < 0 ? busyUntil.length : free;
    busyUntil[track] = end;
    return mainTrack + 1 + track;
  });
}
