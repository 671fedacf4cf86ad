import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dtype } from '../../src/dtype.js';
import { FileError, ValueError } from '../../src/errors.js';
import { type FileDtype, fileDtypes, type RawTensor } from '../../src/io/file-dtypes.js';
import { encodeSafetensors, loadSafetensors, saveSafetensors } from '../../src/io/safetensors.js';
import { parseHeader } from '../../src/io/safetensors-header.js';
import type { StoredAs } from '../../src/io/stored-as.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { tensorOf } from '../helpers/tensors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-io-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A safetensors file made by hand from data and a header, which is text or an object. */
function fileOf(header: unknown, data: Uint8Array | number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const values: Record<Dtype, fc.Arbitrary<number>> = {
  float32: fc.float(),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  bool: fc.integer({ min: 0, max: 1 }),
};

const oneTensor = fc
  .record({
    dtype: fc.constantFrom<Dtype>('float32', 'int32', 'uint8', 'bool'),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      dtype: fc.constant(dtype),
      shape: fc.constant(shape),
      values: fc.array(values[dtype], { minLength: size, maxLength: size }),
    });
  });

const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', '0', 'constructor', 'layer1.0.weight', '"'),
);
const manyTensors = fc.uniqueArray(fc.tuple(names, oneTensor), { selector: ([name]) => name, maxLength: 6 });
const someText = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });

describe('safetensors', () => {
  it('reads back the tensors and metadata that it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(manyTensors, someText, (list, metadata) =>
        scope(async () => {
          const given = new Map(list.map(([name, t]) => [name, tensorOf(t.shape, t.values, t.dtype)]));
          const bytes = await encodeSafetensors(given, { metadata });
          const read = await loadSafetensors(bytes);
          expect({ ...read.metadata }).toEqual({ ...metadata });
          expect([...read.keys()].sort()).toEqual([...given.keys()].sort());
          for (const [name, t] of list) {
            const back = read.get(name);
            expect(back?.dtype).toBe(t.dtype);
            expect(back?.shape).toEqual(t.shape);
            expect(Array.from((await back?.data()) ?? [])).toEqual(t.values);
          }
        }),
      ),
    );
  });

  it('writes the public format', async () => {
    const tensors = { flag: tensorOf([2], [1, 0], 'bool'), w: tensorOf([1, 2], [1.5, -2]) };
    const bytes = await encodeSafetensors(tensors, { metadata: { format: 'pt' } });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { format: 'pt' },
      w: { dtype: 'F32', shape: [1, 2], data_offsets: [0, 8] },
      flag: { dtype: 'BOOL', shape: [2], data_offsets: [8, 10] },
    });
    expect(Array.from(bytes.subarray(8 + length))).toEqual([0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 1, 0]);
  });

  it('reads other element types as the nearest dtype', async () => {
    const half = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x8000]);
    const bytesOf = (a: { buffer: ArrayBufferLike }) => new Uint8Array(a.buffer as ArrayBuffer);
    const cases: [string, Uint8Array, Dtype, number[]][] = [
      ['F16', bytesOf(half), 'float32', [1, -2, 2 ** -24, Infinity, NaN, -0]],
      ['BF16', bytesOf(new Uint16Array([0x3f80, 0xc020])), 'float32', [1, -2.5]],
      ['F64', bytesOf(new Float64Array([0.1, -0])), 'float32', [Math.fround(0.1), -0]],
      ['I64', bytesOf(new BigInt64Array([-5n, 2n ** 31n - 1n])), 'int32', [-5, 2 ** 31 - 1]],
      ['I16', bytesOf(new Int16Array([-300, 300])), 'int32', [-300, 300]],
      ['U16', bytesOf(new Uint16Array([65535])), 'int32', [65535]],
      ['I8', bytesOf(new Int8Array([-1])), 'int32', [-1]],
    ];
    for (const [type, data, dtype, wanted] of cases) {
      const file = fileOf({ x: { dtype: type, shape: [wanted.length], data_offsets: [0, data.length] } }, data);
      const x = (await loadSafetensors(file)).get('x');
      expect(x?.dtype).toBe(dtype);
      expect(Array.from((await x?.data()) ?? [])).toEqual(wanted);
    }
    const large = bytesOf(new BigInt64Array([2n ** 31n]));
    const file = fileOf({ x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, large);
    await expect(loadSafetensors(file)).rejects.toThrow(/'x': expected integers of 32 bits, got 2147483648 at 0/);
  });

  const arrays = Object.entries(fileDtypes).filter(([dtype]) => dtype !== 'complex128');
  const rawTensor = fc
    .tuple(
      fc.constantFrom(...(arrays as [FileDtype, (typeof fileDtypes)[FileDtype]][])),
      fc.array(fc.nat(3), { maxLength: 3 }),
    )
    .chain(([[dtype, { bytes, array }], shape]) => {
      const length = shape.reduce((a, b) => a * b, bytes);
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((given): RawTensor => ({ dtype, shape, data: new array(Uint8Array.from(given).buffer) }));
    });
  it('writes raw tensors of every element type bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), rawTensor, { maxKeys: 4, noNullPrototype: true }),
        async (tensors) => {
          fc.pre(!Object.hasOwn(tensors, '__metadata__'));
          const bytes = await encodeSafetensors(tensors);
          const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
          const { entries } = parseHeader('file', bytes.subarray(8, 8 + header), bytes.length);
          expect(entries.map(({ name }) => name).sort()).toEqual(Object.keys(tensors).sort());
          for (const { name, dtype, shape, start, end } of entries) {
            const { data, ...described } = tensors[name];
            expect({ dtype, shape }).toEqual(described);
            expect(Buffer.from(bytes.subarray(start, end)).equals(Buffer.from(data.buffer))).toBe(true);
          }
        },
      ),
    );
  });

  it('writes tensors as the element type that is asked for', async () => {
    const tensors = {
      w: tensorOf([3], [1.5, -0.1, 1e9]),
      n: tensorOf([2], [-3, 2 ** 31 - 1], 'int32'),
      u: tensorOf([1], [200], 'uint8'),
      b: tensorOf([2], [1, 0], 'bool'),
    };
    const dtypesOf = async (dtype: StoredAs | undefined) => {
      const bytes = await encodeSafetensors(tensors, { dtype });
      const { w, n, u, b } = JSON.parse(new TextDecoder().decode(bytes.subarray(8)).replace(/\}[^{}]*$/, '}'));
      const read = await loadSafetensors(bytes);
      for (const [name, t] of Object.entries(tensors)) {
        if (name !== 'w') expect(Array.from((await read.get(name)?.data()) ?? [])).toEqual(Array.from(t.dataSync()));
      }
      return [w, n, u, b].map((each) => each.dtype).join(' ');
    };
    expect(await dtypesOf(undefined)).toBe('F32 I32 U8 BOOL');
    expect(await dtypesOf('bfloat16')).toBe('BF16 I32 U8 BOOL');
    expect(await dtypesOf('int64')).toBe('F32 I64 I64 BOOL');
    expect(await dtypesOf({ float32: 'float64', int32: 'int64', uint8: 'uint16' })).toBe('F64 I64 U16 BOOL');
    const half = await loadSafetensors(await encodeSafetensors(tensors, { dtype: 'float16' }));
    expect(Array.from((await half.get('w')?.data()) ?? [])).toEqual([1.5, -0.0999755859375, Infinity]);
    await expect(encodeSafetensors(tensors, { dtype: 'int16' })).rejects.toThrow(
      "encodeSafetensors: 'n': expected values of int16, got 2147483647 at 1",
    );
    await expect(encodeSafetensors(tensors, { dtype: 'uint64' })).rejects.toThrow(/values of uint64, got -3 at 0/);
    const path = join(folder, 'kept.safetensors');
    writeFileSync(path, 'old');
    await expect(saveSafetensors(path, tensors, { dtype: 'int8' })).rejects.toThrow(ValueError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    rmSync(path);
    for (const dtype of ['half', 'complex64', { float32: 'int32' }, { int64: 'int64' }, 7]) {
      await expect(encodeSafetensors(tensors, { dtype: dtype as never })).rejects.toThrow(
        /expected option dtype to be/,
      );
    }
  });

  const entry = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
  const bad: [string, Uint8Array, RegExp][] = [
    ['an empty file', new Uint8Array(0), /expected at least 8 bytes, got 0/],
    [
      'a header longer than the file',
      fileOf('{}').slice(0, 9),
      /expected 10 bytes of header, got 9; the file is cut short/,
    ],
    [
      'a huge header',
      new Uint8Array([0, 0, 0, 0, 0, 0, 0, 255, 123, 125]),
      /expected a header of 2 to 100000000 bytes/,
    ],
    ['text that is not JSON', fileOf('{]'), /expected a header of JSON in UTF-8/],
    ['bytes that are not UTF-8', fileOf('{"\u0000"}').map((b) => (b === 0x5c ? 0xff : b)), /./],
    ['a list', fileOf('[1]'), /expected a header that is a JSON object/],
    ['leading space', fileOf(' {}'), /expected a header that is a JSON object/],
    ['an unknown dtype', fileOf({ a: entry('F8', [1], [0, 1]) }, [0]), /expected a dtype of F64, .*for 'a', got "F8"/],
    ['an inherited dtype', fileOf({ a: entry('toString', [1], [0, 1]) }, [0]), /expected a dtype of F64/],
    [
      'a negative shape',
      fileOf({ a: entry('U8', [-1], [0, 1]) }, [0]),
      /expected a shape and two data_offsets for 'a'/,
    ],
    [
      'a fractional axis length',
      fileOf({ a: entry('U8', [1.5], [0, 1]) }, [0]),
      /expected a shape and two data_offsets/,
    ],
    ['missing offsets', fileOf({ a: { dtype: 'U8', shape: [1] } }, [0]), /expected a shape and two data_offsets/],
    ['swapped offsets', fileOf({ a: entry('U8', [1], [1, 0]) }, [0]), /expected a shape and two data_offsets/],
    [
      'a size that does not match the shape',
      fileOf({ a: entry('F32', [1], [0, 3]) }, [0, 0, 0]),
      /expected 4 bytes for 'a'/,
    ],
    ['overlap', fileOf({ a: entry('U8', [2], [0, 2]), b: entry('U8', [2], [1, 3]) }, [0, 0, 0]), /of 'b' at offset 2/],
    ['a gap', fileOf({ a: entry('U8', [1], [1, 2]) }, [0, 0]), /of 'a' at offset 0, without gap or overlap, got 1/],
    ['data cut short', fileOf({ a: entry('U8', [4], [0, 4]) }, [0, 0]), /the file is cut short/],
    ['data left over', fileOf({ a: entry('U8', [1], [0, 1]) }, [0, 0]), /the file is damaged/],
    [
      'a name twice',
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{}}'),
      /expected every name once, got 'a' twice/,
    ],
    ['a field twice', fileOf('{"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'), /'dtype' twice/],
    [
      'metadata that is not text',
      fileOf({ __metadata__: { n: 1 } }),
      /expected text in __metadata__ for 'n', got number/,
    ],
    ['an entry that is not an object', fileOf({ a: 1 }), /expected an object for 'a', got 1/],
    ['a flag of 2', fileOf({ a: entry('BOOL', [1], [0, 1]) }, [2]), /'a': expected 0 or 1 in flags, got 2 at 0/],
  ];
  it.each(bad)('rejects %s', async (_, bytes, message) => {
    const before = memory('reference').tensors;
    await expect(loadSafetensors(bytes)).rejects.toThrow(FileError);
    await expect(loadSafetensors(bytes)).rejects.toThrow(message);
    expect(memory('reference').tensors).toBe(before);
  });

  it('reads some tensors from a damaged file or throws FileError, but no other error', async () => {
    const whole = await encodeSafetensors(
      { w: tensorOf([2, 3], [1, 2, 3, 4, 5, 6]), b: tensorOf([3], [1, 2, 3], 'int32') },
      { metadata: { a: 'b' } },
    );
    const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(whole.length), async (changes, cut) => {
        const bytes = whole.slice(0, whole.length - Math.max(0, cut - whole.length / 2));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        await scope(async () => {
          const read = await loadSafetensors(bytes);
          for (const t of read.values()) expect((await t.data()).length).toBe(t.size);
        }).catch((error) => expect(error).toBeInstanceOf(FileError));
      }),
      { numRuns: 500 },
    );
  });

  it('writes files that can be read by path, and leaves no other files', async () => {
    const path = join(folder, 'a.safetensors');
    await saveSafetensors(path, { x: tensorOf([2], [1, 2]) });
    await saveSafetensors(path, { x: tensorOf([2], [3, 4]) });
    expect(Array.from((await (await loadSafetensors(path)).get('x')?.data()) ?? [])).toEqual([3, 4]);
    expect(readdirSync(folder)).toEqual(['a.safetensors']);
    writeFileSync(path, readFileSync(path).subarray(0, 60));
    await expect(loadSafetensors(path)).rejects.toThrow(`${path}: expected`);
    rmSync(path);
  });

  it('names paths that cannot be read or written', async () => {
    const missing = join(folder, 'none', 'a.safetensors');
    await expect(loadSafetensors(missing)).rejects.toThrow(`${missing}: expected a file that can be read`);
    await expect(loadSafetensors(folder)).rejects.toThrow(FileError);
    await expect(saveSafetensors(missing, {})).rejects.toThrow(`${missing}: expected a file that can be written`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('accepts only tensors', async () => {
    await expect(encodeSafetensors({ a: 1 as never })).rejects.toThrow(
      /encodeSafetensors: 'a': expected a tensor, got number/,
    );
    await expect(encodeSafetensors({ __metadata__: tensorOf([], [1]) })).rejects.toThrow(ValueError);
    await expect(encodeSafetensors({}, { metadata: { a: 1 as never } })).rejects.toThrow(
      /option metadata to be an object of strings/,
    );
  });
});
