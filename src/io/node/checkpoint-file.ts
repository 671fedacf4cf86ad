import { expected, FileError, textOf, ValueError } from '../../errors.js';
import { expectObject, expectText } from '../../tensor/expect.js';
import { scope } from '../../tensor/memory/scope.js';
import { Generator } from '../../tensor/random.js';
import { Tensor } from '../../tensor/tensor.js';
import { bytesOfValues } from '../file-values.js';
import { asOutgoing, chunksOfFile, type HostTensor, readTensorFile, toDevice, toHost } from '../tensor-file.js';
import { crc32 } from './crc32.js';
import { writeAtomically } from './files.js';
import { jsonToState, stateToJson } from './state-json.js';

/** An object whose state a checkpoint saves and restores: models, optimizers, schedules, data loaders. */
export interface Stateful {
  stateDict(): unknown;
  // Each kind of object has its own type of state; a method with a parameter of type never allows all of them.
  loadStateDict(state: never): unknown;
}

/** A random generator, whose methods for the same purpose are state and setState. */
export interface StatefulGenerator {
  state(): unknown;
  setState(state: never): unknown;
}

/** The parts of a checkpoint by name: objects with a state, tensors, or plain data. */
export type CheckpointParts = Readonly<Record<string, unknown>>;

const format = 'antinode-checkpoint-1';

/** A state in two pieces: its tensors on the host, and the rest as JSON text. */
interface Packed {
  readonly json: string;
  readonly tensors: readonly HostTensor[];
  /** The arithmetic of the devices of the tensors. */
  readonly arithmetic: string;
}

/**
 * See `saveCheckpoint` of io.
 * @throws ValueError for data that cannot be saved; FileError if writing fails.
 */
export async function saveCheckpoint(path: string, parts: CheckpointParts): Promise<void> {
  expectText('saveCheckpoint', 'a path', path);
  expectObject('saveCheckpoint', 'an object of parts', parts);
  const packed = await pack(parts);
  const { json, tensors, arithmetic } = packed;
  const metadata = { format, arithmetic, state: json, crc32: checksum(packed) };
  await writeAtomically(path, chunksOfFile('saveCheckpoint', tensors.map(asOutgoing), metadata));
}

/**
 * See `loadCheckpoint` of io.
 * @throws FileError for a damaged file, or if an object rejects its state.
 */
export async function loadCheckpoint(path: string, parts: CheckpointParts): Promise<Record<string, unknown>> {
  expectText('loadCheckpoint', 'a path', path);
  expectObject('loadCheckpoint', 'an object of parts', parts);
  for (const [name, part] of Object.entries(parts)) {
    if (isStateful(part) || isGenerator(part)) continue;
    throw new ValueError(`loadCheckpoint: expected an object with loadStateDict or setState for '${name}'`);
  }
  return scope(async () => {
    const packed = await readPacked(path);
    const state = unpack(path, packed);
    const present = Object.keys(state);
    for (const name of Object.keys(parts)) {
      if (!present.includes(name)) throw new FileError(expected(path, `a state of '${name}'`, textOf(present)));
    }
    // reading the state of a generator advances it to its next block
    const places = Object.values(parts).flatMap((part) => (part instanceof Generator ? [part.bookmark()] : []));
    const before = await pack(parts);
    try {
      await restore(path, parts, state);
      compareArithmetic(path, packed.arithmetic, before.arithmetic);
    } catch (error) {
      await restore('the state before loading', parts, unpack('memory', before));
      for (const goBack of places) goBack();
      throw error;
    }
    return Object.fromEntries(Object.entries(state).filter(([name]) => !Object.hasOwn(parts, name)));
  });
}

async function pack(parts: CheckpointParts): Promise<Packed> {
  const named = new Map<string, Tensor>();
  const uses = new Map<string, number>();
  const put = (t: Tensor, path: string): string => {
    let name = path;
    let n = uses.get(path) ?? 1;
    while (named.has(name)) name = `${path}.${++n}`;
    uses.set(path, n);
    named.set(name, t);
    return name;
  };
  const json: [string, unknown][] = [];
  for (const [name, part] of Object.entries(parts)) {
    const state = isStateful(part) ? part.stateDict() : isGenerator(part) ? part.state() : part;
    json.push([name, stateToJson(state, name, put)]);
  }
  const arithmetics = new Set(Array.from(named.values(), ({ storage }) => storage.backend.info().arithmetic));
  return {
    json: textOfState(Object.fromEntries(json)),
    tensors: await toHost('saveCheckpoint', named),
    arithmetic: [...arithmetics].sort().join(', '),
  };
}

function textOfState(json: object): string {
  try {
    return JSON.stringify(json);
  } catch (error) {
    // the text exceeds the longest string of the engine
    throw new ValueError(expected('saveCheckpoint', 'less plain data; save large data as tensors', String(error)));
  }
}

function unpack(path: string, { json, tensors }: Packed): Record<string, unknown> {
  const made = new Map(tensors.map((t) => [t.name, toDevice('loadCheckpoint', t)]));
  const get = (name: string): Tensor => {
    const t = made.get(name);
    if (!t) throw new FileError(`${path}: expected a tensor ${textOf(name)}, got none; the file is damaged`);
    return t;
  };
  const parts = Object.entries(parsedState(path, json));
  return Object.fromEntries(parts.map(([name, value]) => [name, jsonToState(path, value, get)]));
}

function parsedState(path: string, json: string): object {
  try {
    const state: unknown = JSON.parse(json);
    if (typeof state === 'object' && state !== null && !Array.isArray(state)) return state;
  } catch {
    // reported below, as for other text
  }
  throw new FileError(expected(path, 'a state that saveCheckpoint wrote', textOf(json)));
}

async function readPacked(path: string): Promise<Packed> {
  const { tensors, metadata } = await readTensorFile('loadCheckpoint', path);
  if (metadata.format !== format || metadata.state === undefined) {
    throw new FileError(`${path}: expected a checkpoint (${format}), got metadata format ${textOf(metadata.format)}`);
  }
  const packed = { json: metadata.state, tensors, arithmetic: metadata.arithmetic ?? '' };
  const sum = checksum(packed);
  if (sum !== metadata.crc32) {
    throw new FileError(`${path}: expected CRC-32 ${textOf(metadata.crc32)}, got ${sum}; the file is damaged`);
  }
  return packed;
}

function compareArithmetic(path: string, saved: string, present: string): void {
  if (saved === '' || present === '' || saved === present) return;
  console.warn(`${path}: computed in ${saved}, continues in ${present}; results will differ in rounding`);
}

/** CRC-32 of the text, and of name, dtype, shape and bytes of every tensor, independent of their order in the file. */
function checksum({ json, tensors, arithmetic }: Packed): string {
  const encoder = new TextEncoder();
  let sum = crc32(encoder.encode(json + arithmetic));
  for (const t of [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    sum = crc32(encoder.encode(JSON.stringify([t.name, t.dtype, t.shape])), sum);
    for (const piece of bytesOfValues(t.values, t.dtype, t.name)) sum = crc32(piece, sum);
  }
  return sum.toString(16).padStart(8, '0');
}

async function restore(path: string, parts: CheckpointParts, state: Record<string, unknown>): Promise<void> {
  for (const [name, part] of Object.entries(parts)) {
    try {
      if (isStateful(part)) await part.loadStateDict(state[name] as never);
      else (part as StatefulGenerator).setState(state[name] as never);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FileError(`${path}: expected a state that '${name}' takes, got: ${reason}`, { cause: error });
    }
  }
}

function isStateful(part: unknown): part is Stateful {
  return hasMethods(part, 'stateDict', 'loadStateDict');
}

function isGenerator(part: unknown): part is StatefulGenerator {
  return hasMethods(part, 'state', 'setState');
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Tensor) return false;
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
