import { callSite } from './call-site.js';
import { collectGarbage, requestCollection } from './garbage.js';

/** Memory that the garbage collector frees: that of tensors which no scope owns. */
export interface Watched {
  readonly bytes: number;
  watched: boolean;
  release(): void;
}

const mebibyte = 2 ** 20;

/** What a tensor costs besides its values, on the JavaScript heap and in tables of the engine, roughly. */
const overhead = 2048;

/** Bytes at which a collection is due, if fewer are in use after the last one. */
const leastMark = 256 * mebibyte;

/** Bytes of tensors made outside of scopes at which the program is warned, once. */
const warningMark = 1024 * mebibyte;

/** For one in so many bytes made outside of scopes, the place in the program is recorded. */
const samplingBytes = 32 * mebibyte;

/** Where memory was made, and how much of it the sample stands for. */
interface Sample {
  readonly madeBy: string;
  readonly site: string;
  readonly bytes: number;
}

const collector = new FinalizationRegistry<Watched>((memory) => {
  memory.release();
  mark = Math.min(mark, markAfterCollection());
});
const samples = new Map<Watched, Sample>();
let bytesInUse = 0;
let unsampledBytes = 0;
let mark = leastMark;
let warned = false;

/**
 * Frees memory some time after the program has dropped `t`, its tensor. `madeBy` is the operation that made the tensor
 * outside of scopes; null for one that the program keeps deliberately, such as a parameter.
 */
export function watch(t: object, memory: Watched, madeBy: string | null): void {
  collector.register(t, memory, memory);
  memory.watched = true;
  bytesInUse += memory.bytes + overhead;
  if (madeBy !== null) {
    unsampledBytes += memory.bytes;
    if (unsampledBytes >= samplingBytes) sample(memory, madeBy);
  }
  // a program that awaits no tensor may still let finalizers run, if only the engine finds what has been dropped
  if (bytesInUse > 1.25 * mark) {
    requestCollection();
    mark = bytesInUse;
  }
}

/** Forgets memory that is freed or that a scope owns again. */
export function unwatch(memory: Watched): void {
  collector.unregister(memory);
  memory.watched = false;
  bytesInUse -= memory.bytes + overhead;
  samples.delete(memory);
}

/** True if so much memory is in use outside of scopes that the next asynchronous call should wait for `relieve`. */
export function isCollectionDue(): boolean {
  return bytesInUse > mark;
}

/** Collects garbage, and waits until its memory has been freed. */
export async function relieve(): Promise<void> {
  await collectGarbage();
  mark = markAfterCollection();
}

function markAfterCollection(): number {
  return Math.max(leastMark, 1.5 * bytesInUse);
}

/** Describes the memory of tensors made outside of scopes, and where most of it was made; empty if it is little. */
export function unscopedText(): string {
  const bytesBySite = new Map<string, number>();
  let total = 0;
  for (const { madeBy, site, bytes } of samples.values()) {
    const place = site ? `${madeBy} at ${site}` : madeBy;
    bytesBySite.set(place, (bytesBySite.get(place) ?? 0) + bytes);
    total += bytes;
  }
  if (total === 0) return '';
  const [place] = [...bytesBySite].reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return (
    `about ${Math.round(total / mebibyte)} MiB are tensors made outside of scopes, most by ${place}; ` +
    'scope(() => ...) around a step frees what the step makes, and so does an await of item() now and then'
  );
}

function sample(memory: Watched, madeBy: string): void {
  samples.set(memory, { madeBy, site: callSite(), bytes: unsampledBytes });
  unsampledBytes = 0;
  if (warned || bytesInUse < warningMark || sampledBytes() < warningMark) return;
  warned = true;
  console.warn(`antinode: ${unscopedText()}`);
}

function sampledBytes(): number {
  let sum = 0;
  for (const { bytes } of samples.values()) sum += bytes;
  return sum;
}
