import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FileError, io, nn, type Tensor, tensor, ValueError } from '../../src/index.js';
import { memorySource } from '../../src/io/byte-source.js';
import { type FileDtype, fileDtypes, type RawTensor } from '../../src/io/file-dtypes.js';
import { StoredTensor } from '../../src/io/formats/stored-tensor.js';
import { gatherStrided, spanOf } from '../../src/io/formats/strided.js';
import { bringZip } from '../../src/io/formats/zip/zip-library.js';
import { root } from '../helpers/sources.js';
import { entriesOf } from '../helpers/weights-readers.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dtypes = Object.keys(fileDtypes) as FileDtype[];
const numpyLacks: readonly FileDtype[] = ['bfloat16', 'float8_e4m3fn', 'float8_e5m2'];

/** A raw tensor of any bits. */
const rawOf = (allowed: readonly FileDtype[]): fc.Arbitrary<RawTensor> =>
  fc.tuple(fc.constantFrom(...allowed), fc.array(fc.nat(4), { maxLength: 4 })).chain(([dtype, shape]) => {
    const { bytes, array } = fileDtypes[dtype];
    const length = shape.reduce((a, b) => a * b, bytes);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((given) => ({ dtype, shape, data: new array(Uint8Array.from(given).buffer) }));
  });

const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'layer1.0.weight', 'a/b', '../a', ''),
);
const tensorsOf = (allowed: readonly FileDtype[]) =>
  fc
    .uniqueArray(fc.tuple(names, rawOf(allowed)), { selector: ([name]) => name, maxLength: 5 })
    .map((list) => new Map(list));

async function rawIn(bytes: Uint8Array): Promise<Map<string, RawTensor>> {
  const file = await io.openWeights(bytes);
  return new Map(await Promise.all(Array.from(file.tensors, async ([name, t]) => [name, await t.readRaw()] as const)));
}

/** Equality of bits: NaNs of any payload count. */
function expectSameBits(found: ReadonlyMap<string, RawTensor>, wanted: ReadonlyMap<string, RawTensor>): void {
  const bits = (tensors: ReadonlyMap<string, RawTensor>) =>
    Array.from(tensors, ([name, { dtype, shape, data }]) => [
      name,
      dtype,
      shape,
      Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).toString('hex'),
    ]).sort();
  expect(bits(found)).toEqual(bits(wanted));
}

describe('raw tensors are written and read bit for bit', () => {
  it('in PyTorch checkpoints', async () => {
    const keys = fc.uniqueArray(fc.tuple(fc.string(), rawOf(dtypes)), {
      selector: ([name]) => name,
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(keys, async (list) => {
        const tensors = new Map(list);
        expectSameBits(await rawIn(await io.encodeTorch(tensors)), tensors);
      }),
      { numRuns: 50 },
    );
  });

  it('in .npz files, stored and deflated', async () => {
    const known = dtypes.filter((dtype) => !numpyLacks.includes(dtype));
    await fc.assert(
      fc.asyncProperty(tensorsOf(known), fc.boolean(), async (tensors, compress) => {
        expectSameBits(await rawIn(await io.encodeNpz(tensors, { compress })), tensors);
      }),
      { numRuns: 50 },
    );
    for (const dtype of numpyLacks) {
      await expect(io.encodeNpy(tensor([1]), { dtype })).rejects.toThrow(
        `encodeNpy: expected an element type of NumPy, got ${dtype}`,
      );
    }
  });
});

it('elements that are any strides apart are gathered as index arithmetic says', async () => {
  const axes = fc.array(fc.tuple(fc.nat(4), fc.nat(7)), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(axes, fc.constantFrom(1, 2), fc.nat(3), async (given, width, offset) => {
      const [shape, strides] = [given.map(([length]) => length), given.map(([, stride]) => stride)];
      const span = spanOf(shape, strides);
      const from = Float64Array.from({ length: width * span }, (_, i) => i);
      const size = shape.reduce((a, b) => a * b, 1);
      const to = new Float64Array(width * size);
      gatherStrided(from, to, shape, strides, width);
      const wanted: number[] = [];
      for (let i = 0; i < size; i++) {
        let [rest, place] = [i, 0];
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          place += (rest % shape[axis]) * strides[axis];
          rest = Math.floor(rest / shape[axis]);
        }
        for (let part = 0; part < width; part++) wanted.push(place * width + part);
      }
      expect(Array.from(to)).toEqual(wanted);

      // through a file, also big-endian
      const dtype = width === 2 ? 'complex128' : 'float64';
      const bytes = new Uint8Array(8 * (offset * width + from.length));
      const view = new DataView(bytes.buffer);
      for (const [i, value] of from.entries()) view.setFloat64(8 * (offset * width + i), value);
      const open = async () => memorySource('file', bytes);
      const layout = { name: 'x', dtype, shape, strides, start: 8 * width * offset, open, bigEndian: true } as const;
      expect(Array.from((await new StoredTensor(layout).readRaw()).data as Float64Array)).toEqual(wanted);
    }),
  );
});

describe('a PyTorch checkpoint', () => {
  const leaf = fc.oneof(
    fc.double(),
    fc.constantFrom(0, -1, 255, 256, 65535, 65536, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 1e300, -0, null, true, false),
    fc.bigInt().filter((n) => !Number.isSafeInteger(Number(n))),
    fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }).filter((n) => !Number.isSafeInteger(Number(n))),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 20 }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie('value')), { maxLength: 4 })
        .map((list) => new Map(list)),
      fc.uniqueArray(fc.string(), { maxLength: 3 }).map((list) => new Set(list)),
    ),
  }));
  it('keeps plain values and containers', async () => {
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        expect(await io.loadTorch(await io.encodeTorch(given))).toStrictEqual(given);
      }),
      { numRuns: 100 },
    );
  });

  it('has the layout of torch.save, with data at multiples of 64 bytes', async () => {
    const bytes = await io.encodeTorch({
      a: tensor([1, 2, 3]),
      b: tensor([true]),
      long_name: tensor(new Float32Array(1000)),
    });
    const entries = await entriesOf(bytes);
    const files = ['data.pkl', 'byteorder', 'data/0', 'data/1', 'data/2', 'version'];
    expect(Object.keys(entries)).toEqual(files.map((name) => `archive/${name}`));
    expect(new TextDecoder().decode(entries['archive/version'])).toBe('3\n');
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const name of Object.keys(entries)) {
      // signature, flags, method; the lengths of name and extra field
      expect([view.getUint32(at, true), view.getUint16(at + 6, true), view.getUint16(at + 8, true)]).toEqual([
        0x04034b50, 0, 0,
      ]);
      const data = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
      expect(data % 64).toBe(0);
      at = data + entries[name].length;
    }
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    expect(await io.encodeTorch({ a: tensor([1]) })).toEqual(await io.encodeTorch({ a: tensor([1]) }));
  });

  it('stores tensors that share memory once', async () => {
    const t = tensor(new Float32Array(1000));
    const once = await io.encodeTorch([t]);
    const thrice = await io.encodeTorch([t, t, t.reshape([10, 100])]);
    expect(thrice.length).toBeLessThan(once.length + 1000);
    const read = (await io.loadTorch(thrice)) as Tensor[];
    expect(read.map(({ shape }) => shape)).toEqual([[1000], [1000], [10, 100]]);
  });

  it('refuses what PyTorch has no equivalent of, and keeps the previous file', async () => {
    const path = join(folder, 'kept.pt');
    await io.saveTorch(path, { epoch: 1 });
    const cycle: unknown[] = [];
    cycle.push([cycle]);
    let deep: unknown = 1;
    for (let i = 0; i < 501; i++) deep = [deep];
    for (const [value, message] of [
      [{ f: () => 1 }, /saveTorch: expected tensors and plain data at f, got function/],
      [{ a: [Symbol('s')] }, /at a\.0, got symbol/],
      [[new Date()], /at 0, got Date/],
      [{ model: new nn.Linear(1, 1) }, /at model, got Linear/],
      [cycle, /data without cycles, got one at 0\.0/],
      [deep, /at most 500 levels/],
      [1n << 3000n, /integers of at most 254 bytes/],
      [
        { x: { dtype: 'float32', shape: [2], data: new Float32Array(3) } },
        /saveTorch: 'x': expected data in a Float32Array of 2 elements, got a Float32Array of 12 bytes/,
      ],
    ] as const) {
      await expect(io.saveTorch(path, value)).rejects.toThrow(ValueError);
      await expect(io.saveTorch(path, value)).rejects.toThrow(message);
    }
    expect(await io.loadTorch(path)).toEqual(new Map([['epoch', 1]]));
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that is a single tensor or a list has names for them', async () => {
    expect([...(await io.loadWeights(await io.encodeTorch(tensor([1])))).keys()]).toEqual(['tensor']);
    expect([...(await io.loadWeights(await io.encodeTorch([tensor([1]), { a: tensor([1]) }]))).keys()]).toEqual([
      '0',
      '1.a',
    ]);
    const twice = await io.encodeTorch({ 'a.b': tensor([1]), a: { b: tensor([2]) } });
    await expect(io.loadWeights(twice)).rejects.toThrow(/expected every name once, got 'a.b' twice/);
  });
});

it('values that an element type cannot hold are refused, and leave the previous file', async () => {
  const path = join(folder, 'values');
  writeFileSync(path, 'old');
  const tensors = { n: tensor([1, 300], { dtype: 'int32' }) };
  const message = /'n': expected values of int8, got 300 at 1/;
  await expect(io.saveTorch(path, tensors, { dtype: 'int8' })).rejects.toThrow(message);
  await expect(io.saveNpz(path, tensors, { dtype: 'int8' })).rejects.toThrow(message);
  await expect(io.saveNpz(path, tensors, { dtype: 'int8', compress: true })).rejects.toThrow(message);
  await expect(io.saveNpy(path, tensors.n, { dtype: { int32: 'int8' } })).rejects.toThrow(ValueError);
  await expect(io.encodeTorch(tensors, { dtype: 'uint64' })).resolves.toBeInstanceOf(Uint8Array);
  expect(readFileSync(path, 'utf8')).toBe('old');
});

describe('openWeights', () => {
  // other systems may fill the hole in the file
  it.runIf(process.platform === 'linux')('reads one tensor of a file that is larger than memory', async () => {
    const path = join(folder, 'huge.safetensors');
    // a file with a hole: 6 GB of zeros before the last tensor
    const size = 6_000_000_000;
    const entry = (shape: number[], start: number, end: number) => ({
      dtype: 'BF16',
      shape,
      data_offsets: [start, end],
    });
    const header = JSON.stringify({ first: entry([size / 2], 0, size), last: entry([2], size, size + 4) });
    const first = Buffer.alloc(8);
    first.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path, Buffer.concat([first, Buffer.from(header)]));
    truncateSync(path, 8 + header.length + size + 4);
    const file = openSync(path, 'r+');
    writeSync(file, Uint8Array.of(0x80, 0x3f, 0x20, 0xc0), 0, 4, 8 + header.length + size);
    closeSync(file);
    const before = process.resourceUsage().maxRSS;
    await using open = await io.openWeights(path);
    expect(open.tensors.get('first')?.byteLength).toBe(size);
    expect(Array.from((await open.read('last')).dataSync())).toEqual([1, -2.5]);
    expect((await open.readRaw('last')).data).toEqual(Uint16Array.of(0x3f80, 0xc020));
    // in kilobytes
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100_000);
    rmSync(path);
  });

  it('passes tensors of one file on to another, in pieces', async () => {
    const [from, to] = [join(folder, 'from.pt'), join(folder, 'to.safetensors')];
    const x = {
      dtype: 'bfloat16',
      shape: [3_000_000],
      data: Uint16Array.from({ length: 3_000_000 }, (_, i) => i),
    } as const;
    await io.saveTorch(from, { state: { x } });
    {
      await using file = await io.openWeights(from);
      await io.saveSafetensors(to, file.tensors, { metadata: { from: 'PyTorch' } });
    }
    await using file = await io.openWeights(to);
    expect([file.format, file.metadata]).toEqual(['safetensors', { from: 'PyTorch' }]);
    expect(Buffer.compare(Buffer.from((await file.readRaw('state.x')).data.buffer), Buffer.from(x.data.buffer))).toBe(
      0,
    );
  });

  it('reads the same tensors side by side', async () => {
    const x = tensor(Float32Array.from({ length: 1000 }, (_, i) => i));
    for (const bytes of [
      await io.encodeTorch({ x }),
      await io.encodeNpz({ x }),
      await io.encodeNpz({ x }, { compress: true }),
    ]) {
      const file = await io.openWeights(bytes);
      const read = await Promise.all(Array.from({ length: 10 }, () => file.read('x')));
      for (const each of read) expect(each.dataSync()).toEqual(x.dataSync());
    }
  });

  it('names tensors that are not there, and files that are closed or cut short', async () => {
    const path = join(folder, 'three.npz');
    await io.saveNpz(path, { a: tensor([1, 2]), b: tensor([3]) });
    const file = await io.openWeights(path);
    await expect(file.read('c')).rejects.toThrow(`${path}: expected a tensor 'c', got ['a', 'b']`);
    await expect(file.read('a', { devise: 'cpu' } as never)).rejects.toThrow(
      /read: expected options among device, got 'devise'/,
    );
    await file.close();
    await expect(file.read('a')).rejects.toThrow(FileError);
    writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2));
    await expect(io.openWeights(path)).rejects.toThrow(`${path}: expected a zip file`);
    await expect(io.openWeights(join(folder, 'none'))).rejects.toThrow(FileError);
    await expect(io.openWeights(7 as never)).rejects.toThrow('openWeights: expected a path or bytes, got number');
  });
});

describe('without the package @zip.js/zip.js', () => {
  afterEach(() => {
    bringZip({
      ZipReader: () => import('@zip.js/zip.js/lib/zip-core-reader.js'),
      ZipWriter: () => import('@zip.js/zip.js/lib/zip-core-writer.js'),
    });
  });

  it('safetensors and .npy work, and other formats say what to install', async () => {
    const checkpoint = await io.encodeTorch({ a: tensor([1]) });
    const missing = () => Promise.reject(new Error('Cannot find package'));
    bringZip({ ZipReader: missing, ZipWriter: missing });
    const hint = /expected the package @zip.js\/zip.js \(run: npm install @zip.js\/zip.js/;
    await expect(io.loadWeights(checkpoint)).rejects.toThrow(hint);
    await expect(io.encodeTorch({ a: tensor([1]) })).rejects.toThrow(hint);
    await expect(io.saveNpz(join(folder, 'a.npz'), {})).rejects.toThrow(FileError);
    expect((await io.loadWeights(await io.encodeNpy(tensor([1])))).size).toBe(1);
    expect((await io.loadWeights(await io.encodeSafetensors({ a: tensor([1]) }))).size).toBe(1);
  });
});

describe('antinode inspect', () => {
  const inspect = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', 'src/entries/cli.ts', ...args], { cwd: root, encoding: 'utf8' });

  it('prints a table of at most 80 columns', async () => {
    const path = join(folder, 'run.safetensors');
    const long = `${'block.'.repeat(20)}weight`;
    const tensors = { [long]: tensor(new Float32Array(1200), { shape: [3, 400] }), 'n\u001b[31m': tensor([true]) };
    await io.saveSafetensors(path, tensors, { metadata: { note: 'x'.repeat(200), format: 'pt' }, dtype: 'float16' });
    const { stdout, stderr, status } = inspect('inspect', path);
    expect([stderr, status]).toEqual(['', 0]);
    const [title, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toBe(`${path}: safetensors, ${statSync(path).size.toLocaleString('en')} bytes`);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines).toEqual([
      '',
      `name${' '.repeat(50)}  dtype    shape     bytes`,
      '-'.repeat(80),
      `…${long.slice(-53)}  float16  (3, 400)  2,400`,
      `n�[31m${' '.repeat(48)}  bool     (1)           1`,
      '-'.repeat(80),
      `2 tensors, 1,201 elements${' '.repeat(50)}2,401`,
      '',
      'metadata',
      `  note: ${'x'.repeat(71)}…`,
      '  format: pt',
    ]);
  });

  it('names files that it cannot read, and prints the others', () => {
    const path = join(root, 'test/golden/weights/objects.pt');
    const { stdout, stderr, status } = inspect('inspect', join(folder, 'none.pt'), path);
    expect(stderr).toContain(`${join(folder, 'none.pt')}: expected a file that can be read`);
    expect(stdout).toContain('state_dict.0.weight');
    expect(stdout).toContain('epoch: 3');
    expect(status).toBe(1);
  });

  it('explains itself', () => {
    expect(inspect('--help').stdout).toContain('usage: antinode inspect FILE');
    for (const [args, message] of [
      [[], 'expected inspect and a file, got none'],
      [['inspect'], 'expected inspect and a file, got none'],
      [['train'], "got the command 'train'"],
      [['inspect', '--wrong'], "Unknown option '--wrong'"],
    ] as const) {
      const { stderr, status } = inspect(...args);
      expect(stderr).toContain(message);
      expect(status).toBe(2);
    }
  });
});

/** A Python with PyTorch and NumPy, if PYTHON names one. */
const python = process.env.PYTHON ?? '';
const hasTorch = python !== '' && spawnSync(python, ['-c', 'import torch, numpy']).status === 0;

it.runIf(hasTorch)(
  'PyTorch and NumPy read the files that antinode writes, for every element type that they have',
  async () => {
    const tensors = new Map<string, RawTensor>();
    for (const dtype of dtypes.filter((each) => !each.startsWith('float8') && !/^uint(16|32|64)$/.test(each))) {
      const { bytes, array } = fileDtypes[dtype];
      const data = Uint8Array.from({ length: 6 * bytes }, (_, i) => (dtype === 'bool' ? i % 2 : (i * 37) % 120));
      tensors.set(dtype, { dtype, shape: [2, 3], data: new array(data.buffer) });
    }
    const arrays = new Map([...tensors].filter(([dtype]) => dtype !== 'bfloat16'));
    const words = { dtype: 'uint32', shape: [2], data: Uint32Array.of(1, 2 ** 32 - 1) } as const;
    const paths = ['a.pt', 'a.npz', 'deflated.npz', 'a.npy'].map((name) => join(folder, name));
    await io.saveTorch(paths[0], tensors);
    await io.saveNpz(paths[1], arrays);
    await io.saveNpz(paths[2], arrays, { compress: true });
    await io.saveNpy(paths[3], words);
    const { stdout, stderr } = spawnSync(python, [join(root, 'test/golden/weights.py'), ...paths], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const described = (list: ReadonlyMap<string, RawTensor>) =>
      Object.fromEntries(
        Array.from(list, ([name, { dtype, shape, data }]) => {
          return [name, { dtype, shape, bits: Buffer.from(data.buffer as ArrayBuffer).toString('hex') }];
        }),
      );
    expect(JSON.parse(stdout)).toEqual({
      'a.pt': described(tensors),
      'a.npz': described(arrays),
      'deflated.npz': described(arrays),
      'a.npy': described(new Map([['tensor', words]])),
    });
  },
);
