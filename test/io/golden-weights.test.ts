import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { io, nn, setDeviceSync, type Tensor, tensor } from '../../src/index.js';
import { fileDtypes } from '../../src/io/file-dtypes.js';
import { encodeSmallFloats } from '../../src/io/small-floats.js';
import { filled } from '../helpers/fill.js';
import { root } from '../helpers/sources.js';

// test/golden/weights.py wrote these files with PyTorch and NumPy
const goldenFolder = join(root, 'test/golden/weights');
interface Described {
  readonly dtype: keyof typeof fileDtypes;
  readonly shape: readonly number[];
  readonly bits: string;
}
const contents: {
  readonly files: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly resnet18: { readonly logits: readonly number[] };
  readonly rounding: Readonly<Record<'float32' | 'float16' | 'bfloat16', string>>;
} = JSON.parse(readFileSync(join(goldenFolder, 'contents.json'), 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'antinode-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hex = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('hex');

/** What an open file contains, bit for bit. */
async function contentsOf(file: io.WeightsFile): Promise<Record<string, Described>> {
  const found: Record<string, Described> = {};
  for (const [name, { shape }] of file.tensors) {
    const { dtype, data } = await file.readRaw(name);
    found[name] = { dtype, shape, bits: hex(data) };
  }
  return found;
}

describe.each(Object.entries(contents.files))('%s', (name, described) => {
  const path = join(goldenFolder, name);

  it('has the tensors that were written to it, by path and as bytes', async () => {
    for (const given of [path, new Uint8Array(readFileSync(path))]) {
      const file = await io.openWeights(given);
      expect(await contentsOf(file)).toEqual(described);
      for (const [key, { dtype, shape, byteLength }] of file.tensors) {
        expect({ dtype, shape }).toEqual({ dtype: described[key].dtype, shape: described[key].shape });
        expect(byteLength).toBe(described[key].bits.length / 2);
      }
      await file.close();
    }
  });

  it('is converted to the dtypes of tensors, where they can hold the values', async () => {
    await using file = await io.openWeights(path);
    for (const [key, { dtype, shape }] of file.tensors) {
      const { data } = await file.readRaw(key);
      const { dtype: wanted } = fileDtypes[dtype];
      const numbers = Array.from(data as Float64Array, Number);
      const fits = wanted !== null && (wanted !== 'int32' || numbers.every((value) => value === (value | 0)));
      if (!fits) {
        const got =
          wanted === null ? /expected real numbers, got complex/ : /expected integers of 32 bits, got -?\d+ at \d/;
        await expect(file.read(key)).rejects.toThrow(got);
        await expect(file.read(key)).rejects.toThrow(`'${key}'`);
        continue;
      }
      const t = await file.read(key);
      expect([t.dtype, t.shape]).toEqual([wanted, shape]);
      if (dtype === 'float64') expect(t.dataSync()).toEqual(Float32Array.from(numbers));
      else if (!dtype.includes('float16')) expect(Array.from(t.dataSync())).toEqual(numbers);
    }
  });

  it('is written again, in every format that has its types, with the same tensors', async () => {
    await using file = await io.openWeights(path);
    const raw = Object.fromEntries(
      await Promise.all(Array.from(file.tensors.keys(), async (key) => [key, await file.readRaw(key)] as const)),
    );
    const hasHalves = Object.values(described).some(({ dtype }) => dtype === 'bfloat16');
    const hasWide = Object.values(described).some(({ dtype }) => dtype === 'complex128');
    for (const tensors of [raw, file.tensors]) {
      const copies: Uint8Array[] = [await io.encodeTorch(tensors)];
      if (!hasHalves) copies.push(await io.encodeNpz(tensors), await io.encodeNpz(tensors, { compress: true }));
      if (!hasWide) copies.push(await io.encodeSafetensors(tensors));
      if (file.format === 'npy') copies.push(await io.encodeNpy(raw.tensor));
      for (const copy of copies) expect(await contentsOf(await io.openWeights(copy))).toEqual(described);
    }
  });
});

it('floats are rounded to 16 bits as PyTorch and NumPy round them', () => {
  const bytes = Buffer.from(contents.rounding.float32, 'hex');
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  expect(values.length).toBeGreaterThan(500);
  for (const dtype of ['float16', 'bfloat16'] as const) {
    expect(hex(encodeSmallFloats(dtype, values))).toBe(contents.rounding[dtype]);
  }
});

it('a ResNet-18 of PyTorch loads by name and computes the same logits', async () => {
  setDeviceSync('cpu');
  const net = nn.models.resnet18({ numClasses: 3, width: 1 });
  net.loadStateDict(await io.loadWeights(join(goldenFolder, 'resnet18.pt')));
  net.eval();
  const x = tensor(filled(2 * 3 * 16 * 16, 'weights/resnet18/x', -2, 2), { shape: [2, 3, 16, 16] });
  const logits = Array.from(net.forward(x).dataSync());
  const { logits: wanted } = contents.resnet18;
  const scale = Math.max(...wanted.map(Math.abs));
  expect(logits.length).toBe(wanted.length);
  for (const [i, value] of logits.entries()) expect(Math.abs(value - wanted[i])).toBeLessThan(1e-5 * scale);

  // and a file of antinode in PyTorch's format loads again
  const path = join(folder, 'net.pt');
  await io.saveTorch(path, { state_dict: net.stateDict(), epoch: 1 }, { dtype: { int32: 'int64' } });
  const other = nn.models.resnet18({ numClasses: 3, width: 1 });
  other.loadStateDict(await io.loadWeights(path, { part: 'state_dict' }));
  expect(Array.from(other.eval().forward(x).dataSync())).toEqual(logits);
});

it('the objects of a checkpoint of PyTorch are read as values', async () => {
  const path = join(goldenFolder, 'objects.pt');
  const checkpoint = (await io.loadTorch(path)) as Map<unknown, unknown>;
  const { state_dict, optimizer, nested, ...rest } = Object.fromEntries(checkpoint) as Record<string, never>;
  expect(rest).toEqual({
    epoch: 3,
    best: 0.1,
    name: 'näme\n',
    flags: [true, false, null],
    integers: [0, -1, 255, 65536, -(2 ** 31), 2 ** 31, 2n ** 53n, 2n ** 70n, -(2n ** 70n)],
    bytes: Uint8Array.of(0, 255),
    empty: [[], [], new Map(), '', new Uint8Array()],
    size: [2, 3],
    dtype: 'bfloat16',
    device: 'cuda:1',
    set: new Set([1, 2]),
    7: 'seven',
  });
  expect(checkpoint.get(7)).toBe('seven');
  const [first] = nested as [Map<string, [number[], Map<string, Tensor[]>]>];
  const [pair, inner] = first.get('a') ?? [];
  expect(pair).toEqual([1, 2.5]);
  expect(Array.from(inner?.get('b')?.[0].dataSync() ?? [])).toEqual([1, 1]);
  const { state, param_groups } = Object.fromEntries(optimizer as Map<string, never>);
  expect((state as Map<number, Map<string, Tensor>>).get(0)?.get('exp_avg')?.shape).toEqual([2, 3]);
  expect((param_groups as [Map<string, unknown>])[0].get('betas')).toEqual([0.9, 0.999]);

  const weights = await io.loadWeights(path, { part: 'state_dict' });
  expect([...weights.keys()]).toEqual([...(state_dict as Map<string, Tensor>).keys()]);
  expect(weights.get('0.weight')).toEqual((state_dict as Map<string, Tensor>).get('0.weight'));
  expect(weights.get('1.num_batches_tracked')?.itemSync()).toBe(1);
  await expect(io.loadWeights(path, { part: 'model' })).rejects.toThrow(
    "expected tensors whose names begin with 'model.', got parts state_dict, optimizer, nested",
  );
});
