import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataLoader } from '../../src/data/data-loader.js';
import { BpttLoader } from '../../src/data/text/bptt-loader.js';
import { AntinodeError } from '../../src/errors.js';
import { memorySource } from '../../src/io/byte-source.js';
import { loadCheckpoint, saveCheckpoint } from '../../src/io/checkpoint.js';
import { type FileDtype, fileDtypes } from '../../src/io/file-dtypes.js';
import { bytesOfValues, readValues } from '../../src/io/file-values.js';
import { crc32 } from '../../src/io/node/crc32.js';
import { encodeSafetensors, loadSafetensors } from '../../src/io/safetensors.js';
import { Linear } from '../../src/nn/layers/linear.js';
import { ExponentialMovingAverage } from '../../src/optim/exponential-moving-average.js';
import { Adam } from '../../src/optim/index.js';
import { CosineAnnealingLR, OneCycleLR, SequentialLR } from '../../src/optim/lr/index.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { Generator } from '../../src/tensor/random.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { root } from '../helpers/sources.js';
import { tensorOf } from '../helpers/tensors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-hostile-'));
const path = join(folder, 'run.safetensors');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a checkpoint with a changed state and the right checksum', () => {
  function trainingOf(seed: number) {
    const model = new Linear(3, 2);
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    for (const p of model.parameters()) p.grad = tensorOf(p.shape, new Array(p.size).fill(seed));
    optimizer.step();
    const data = { length: 10, batch: (indices: Int32Array) => indices.length };
    return {
      model,
      optimizer,
      average: new ExponentialMovingAverage(model.parameters(), { decay: 0.9 }),
      scheduler: new SequentialLR(optimizer, {
        schedulers: [
          new CosineAnnealingLR(optimizer, { tMax: 5 }),
          new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 5 }),
        ],
        milestones: [2],
      }),
      loader: new DataLoader(data as never, { batchSize: 2, shuffle: true, seed }),
      windows: new BpttLoader(
        Int32Array.from({ length: 50 }, (_, i) => i),
        { batchSize: 2, bptt: 4 },
      ),
      random: new Generator(seed),
    };
  }
  type Parts = ReturnType<typeof trainingOf>;

  /** Everything that loading may change, as text. */
  const contents = (parts: Parts): string =>
    JSON.stringify(
      Object.values(parts).map((part) => ('state' in part ? part.state() : part.stateDict())),
      (_, value) =>
        value instanceof Tensor ? Array.from(value.dataSync()) : value instanceof Map ? [...value] : value,
    );

  let tensors: Map<string, Tensor>;
  let state: string;
  beforeAll(async () => {
    await saveCheckpoint(path, { ...trainingOf(1), epoch: 3 });
    const read = await loadSafetensors(path);
    tensors = read;
    state = read.metadata.state;
  });

  /** The CRC-32 that a file of the tensors and this state needs. */
  function checksumOf(json: string): string {
    const bytes = (text: string) => new TextEncoder().encode(text);
    let sum = crc32(bytes(json));
    for (const [name, t] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
      sum = crc32(bytes(JSON.stringify([name, t.dtype, t.shape])), sum);
      for (const piece of bytesOfValues(t.dataSync(), t.dtype, name)) sum = crc32(piece, sum);
    }
    return sum.toString(16).padStart(8, '0');
  }

  /** Paths of all values in a state, as lists of keys. */
  function pathsOf(value: unknown): string[][] {
    if (typeof value !== 'object' || value === null) return [[]];
    return [[], ...Object.entries(value).flatMap(([key, item]) => pathsOf(item).map((rest) => [key, ...rest]))];
  }

  function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
    if (key === undefined) return by;
    const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
    if (rest.length === 0 && by === undefined) delete copy[key];
    else copy[key] = replaced(copy[key], rest, by);
    return copy;
  }

  const hostile = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      undefined,
      null,
      0,
      -1,
      0.5,
      1e308,
      2 ** 53,
      '',
      [],
      {},
      [null],
      { $number: 'NaN' },
      { $number: 1 },
    ),
    fc.constantFrom({ $map: 1 }, { $map: [1] }, { $map: [[1, 2]] }, { $object: null }, { $object: 1 }, { $a: 1, b: 2 }),
    fc.constantFrom({ $tensor: 'none' }, { $tensor: 'model.weight' }, { $tensor: {} }, { $undefined: false }),
    fc.constantFrom({ $undefined: true }, { __proto__: null, length: 3 }, { toString: 1 }, 'x'.repeat(5000)),
  );

  it('loads or throws an AntinodeError that changes nothing', async () => {
    const original: unknown = JSON.parse(state);
    const places = pathsOf(original);
    const parts = trainingOf(2);
    let loaded = 0;
    let refused = 0;
    const changes = fc.array(fc.tuple(fc.constantFrom(...places), hostile), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(changes, (list) =>
        scope(async () => {
          const changed = list.reduce((value, [place, by]) => {
            try {
              return replaced(value, place, by);
            } catch {
              return value;
            }
          }, original);
          const json = JSON.stringify(changed) ?? 'undefined';
          const metadata = { format: 'antinode-checkpoint-1', state: json, crc32: checksumOf(json) };
          writeFileSync(path, await encodeSafetensors(tensors, { metadata }));
          // a generator that has drawn some of a block
          parts.random.uniform();
          const before = contents(parts);
          const { random } = parts;
          random.uniform();
          const goBack = random.bookmark();
          const drawn = [random.uniform(), random.uniform()];
          goBack();
          try {
            await loadCheckpoint(path, parts);
            loaded++;
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(AntinodeError);
            expect((error as Error).message.length).toBeLessThan(10_000);
            expect([random.uniform(), random.uniform()]).toEqual(drawn);
            parts.random.setState(JSON.parse(before).at(-1));
            expect(contents(parts)).toBe(before);
          }
        }),
      ),
      { numRuns: 1000 },
    );
    // both happen
    expect(Math.min(loaded, refused)).toBeGreaterThan(0);
  });

  it.each(['', '[', 'null', '1', '[]', '"a"', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`])(
    'throws an AntinodeError for the state %.20s',
    async (json) => {
      const metadata = { format: 'antinode-checkpoint-1', state: json, crc32: checksumOf(json) };
      writeFileSync(path, await encodeSafetensors(tensors, { metadata }));
      await expect(loadCheckpoint(path)).rejects.toThrow(AntinodeError);
    },
  );
});

describe('a safetensors header', () => {
  const fileOf = (text: string) => {
    const header = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    return bytes;
  };
  const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`;
  const list = `[${'1,'.repeat(1e6)}1]`;

  it.each([
    ['an entry nested a million times', `{"a":${deep}}`],
    ['a dtype nested a million times', `{"a":{"dtype":${deep},"shape":[],"data_offsets":[0,0]}}`],
    ['metadata nested a million times', `{"__metadata__":{"a":${deep}}}`],
    ['a million axes', `{"a":{"dtype":"U8","shape":${list},"data_offsets":[0,1]}}`],
    ['strides beyond exact integers', `{"a":{"dtype":"U8","shape":[0,${2 ** 52},4],"data_offsets":[0,0]}}`],
    ['a million offsets', `{"a":{"dtype":"U8","shape":[1],"data_offsets":${list}}}`],
    ['a name of a million letters twice', `{"${'a'.repeat(1e6)}":{},"${'a'.repeat(1e6)}":{}}`],
    ['a million escapes', `{"a":"${'\\"'.repeat(1e6)}"}`],
    ['a million backslashes', `{"a":"${'\\\\'.repeat(1e6)}"}`],
  ])('with %s is a short FileError', async (_, text) => {
    const error = await loadSafetensors(fileOf(text)).catch((caught) => caught);
    expect(error).toBeInstanceOf(AntinodeError);
    expect(error.message.length).toBeLessThan(1000);
  });

  it('finds names that occur twice as a plain reader of JSON does', async () => {
    const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('"', '\\', '\\"', '{', '}', ':'));
    const entry = fc.constant({ dtype: 'U8', shape: [0], data_offsets: [0, 0] });
    const space = fc.constantFrom('', ' ', '\n\t ');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, entry, space), { maxLength: 5 }), async (entries) => {
        const text = entries.map(([name, e, gap]) => `${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(e)}`);
        const names = entries.map(([name]) => name);
        fc.pre(!names.includes('__metadata__'));
        const reading = loadSafetensors(fileOf(`{${text.join(',')}}`));
        if (new Set(names).size < names.length) await expect(reading).rejects.toThrow(/twice/);
        else expect((await reading).size).toBe(names.length);
      }),
    );
  });
});

it.each([
  ['F32', 4],
  ['F16', 2],
  ['I8', 1],
])('reading %s costs at most 3 times the size of the values in memory', (dtype, width) => {
  const count = 30_000_000;
  const header = JSON.stringify({ x: { dtype, shape: [count], data_offsets: [0, count * width] } });
  const first = Buffer.alloc(8);
  first.writeBigUInt64LE(BigInt(header.length));
  const large = join(folder, 'large.safetensors');
  writeFileSync(large, Buffer.concat([first, Buffer.from(header), Buffer.alloc(count * width, 1)]));
  const script = `import { io, ones } from './src/index.ts';
    ones([1]);
    const before = process.resourceUsage().maxRSS;
    const x = (await io.loadSafetensors(${JSON.stringify(large)})).get('x');
    if (x.size !== ${count}) throw new Error('size');
    console.log(process.resourceUsage().maxRSS - before);`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  rmSync(large);
  // maxRSS is in kilobytes
  expect(Number(stdout) * 1024).toBeLessThan(3 * 4 * count + 30_000_000);
});

it('the values of a tensor of any element type are written and read in pieces of any length', async () => {
  const dtypes = Object.keys(fileDtypes) as FileDtype[];
  const joined = (pieces: Iterable<Uint8Array>) => Buffer.concat([...pieces]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...dtypes),
      fc.uint8Array({ maxLength: 64 }),
      fc.integer({ min: 1, max: 9 }),
      async (dtype, given, length) => {
        const { bytes: width } = fileDtypes[dtype];
        const size = Math.floor(given.length / width);
        const bytes = given.slice(0, size * width).map((b) => (dtype === 'bool' ? b % 2 : b));
        const entry = { name: 'x', dtype, shape: [size], start: 3 };
        const source = memorySource('bytes', Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(2)]));
        const whole = await readValues(source, entry).catch((error) => error.message);
        const inPieces = await readValues(source, entry, length).catch((error) => error.message);
        expect(inPieces).toEqual(whole);
        if (typeof whole === 'string') return;
        const written = joined(bytesOfValues(whole, dtype, 'x'));
        expect(joined(bytesOfValues(whole, dtype, 'x', length))).toEqual(written);
        if (dtype !== 'float64' && !whole.some(Number.isNaN)) expect(new Uint8Array(written)).toEqual(bytes);
        const floats = Float32Array.from(whole as ArrayLike<number>, (value) => value || 0);
        const doubles = Float64Array.from(floats);
        const wanted = joined(bytesOfValues(floats, 'float32', 'x'));
        expect(joined(bytesOfValues(doubles, 'float32', 'x', length))).toEqual(wanted);
      },
    ),
    { numRuns: 1000 },
  );
});
