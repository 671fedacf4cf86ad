import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError, io, scope, setDeviceSync, tensor } from '../../src/index.js';
import { crc32 } from '../../src/io/node/crc32.js';
import { root } from '../helpers/sources.js';
import { weightsReaders, zipOf } from '../helpers/weights-readers.js';
import { Dice, Findings } from '../soak/attack.js';
import { mutated } from '../soak/hostile-files.js';
import { hostileFormats } from '../soak/hostile-formats.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-hostile-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A checkpoint around the operations of a pickle. */
function checkpoint(
  pickle: string | Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
): Promise<Uint8Array> {
  const entries = Object.entries(storages).map(([key, bytes]) => [`a/data/${key}`, bytes]);
  const bytes = typeof pickle === 'string' ? latin1(`\x80\x02${pickle}.`) : pickle;
  return zipOf({ 'a/data.pkl': bytes, ...Object.fromEntries(entries) });
}

/** Expects a short FileError from every way to read the bytes. */
async function expectRefusal(bytes: Uint8Array, message: RegExp | string): Promise<void> {
  for (const read of [io.loadWeights, io.loadTorch]) {
    const error = await read(bytes).then(
      () => 'no error',
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(1000);
  }
}

it('changed files of every format are read or refused with a FileError', async () => {
  for (const [seed, reader] of (await weightsReaders()).entries()) {
    await reader.read(reader.input);
    const dice = new Dice(seed);
    let refused = 0;
    for (let n = 0; n < 200; n++) {
      const bytes = mutated(dice, reader.input);
      try {
        await scope(async () => void (await reader.read(bytes)));
      } catch (error) {
        refused++;
        expect(error, `${reader.name}: ${Buffer.from(bytes).toString('base64')}`).toBeInstanceOf(FileError);
        expect((error as Error).message.length).toBeLessThan(2000);
      }
    }
    expect(refused).toBeGreaterThan(100);
  }
});

it('files of every format that were made to do harm are read or refused with a FileError', async () => {
  const findings = new Findings();
  await hostileFormats.run(new Dice(1), 0, findings, 100);
  setDeviceSync('cpu');
  expect(findings.failures).toEqual([]);
  expect(findings.tries).toBe(600);
  for (const note of findings.notes) {
    const [, refused] = /100 files, (\d+) refused$/.exec(note) ?? [];
    expect(Number(refused), note).toBeGreaterThan(30);
    expect(Number(refused), note).toBeLessThan(95);
  }
});

describe('a pickle', () => {
  it.each([
    ['cos\nsystem\n(X\x02\0\0\0lstR', /os\.system, which could run code/],
    ['c__builtin__\neval\n(X\x01\0\0\x001tR', /__builtin__\.eval/],
    ['cbuiltins\n__import__\n(tR', /builtins\.__import__/],
    ['cposix\nsystem\n(tR', /posix\.system/],
    ['csubprocess\nPopen\n(tR', /subprocess\.Popen/],
    ['ctorch\nload\n(tR', /torch\.load/],
    ['ctorch._utils\n_rebuild_qtensor\n(tR', /torch\._utils\._rebuild_qtensor/],
    ['cnumpy.core.multiarray\nscalar\n(tR', /numpy\.core\.multiarray\.scalar/],
    ['c__main__\nNet\n)\x81', /__main__\.Net/],
    ['ctorch.storage\n__class__\n', /torch\.storage\.__class__/],
    ['ctorch\nconstructor\n', /torch\.constructor/],
    ['\x8c\x02os\x8c\x06system\x93)R', /os\.system/],
    ['(cos\nsystem\no', /os\.system/],
    ['(ios\nsystem\n', /an operation of a pickle of data, got code 105/],
    ['ccollections\nOrderedDict\n)\x81', /an operation of a pickle of data, got code 129/],
    ['P1\n', /an operation of a pickle of data, got code 80/],
    ['})R', /a call of a known function, got one of a dict/],
  ])('that names or calls something else is refused: %j', async (pickle, message) => {
    await expectRefusal(await checkpoint(pickle), message);
  });

  it('that is damaged is refused', async () => {
    const cases: [string, RegExp][] = [
      ['', /a value on the stack, got none/],
      ['(', /a value on the stack, got none/],
      ['t', /a mark on the stack, got none/],
      ['X\xff\xff\xff\xffabc', /4294967295 more bytes, got 4; the pickle is cut short/],
      ['\x8e\xff\xff\xff\xff\xff\xff\xff\xff', /more bytes, got 1/],
      ['\x8b\xff\xff\xff\xff', /an integer of at most 255 bytes, got 4294967295/],
      ['X\x02\0\0\0\xc3\x28', /text in UTF-8/],
      ['h\x07', /an object 7 in the memo, got none/],
      ['j\xff\xff\xff\xff', /an object 4294967295 in the memo/],
      ['Na', /a value on the stack/],
      ['N(K\x01e', /a list or a set to add items to, got null/],
      ['](K\x01K\x02u', /a dict to set items of/],
      ['(Q', /a value on the stack/],
      ['}Q', /a storage with its class, key, device and size, got a dict of 0/],
      ['\x80\x00', /protocol 2 to 5, got 0/],
      ['c\n', /the end of a line/],
    ];
    for (const [pickle, message] of cases) await expectRefusal(await checkpoint(pickle), message);
  });

  const storage = (count: string, key = '0', type = 'FloatStorage') =>
    `((X\x07\0\0\0storagectorch\n${type}\nX\x01\0\0\0${key}X\x03\0\0\0cpu${count}tQ`;
  const tensorOf = (count: string, rest: string) =>
    `ctorch._utils\n_rebuild_tensor_v2\n${storage(count)}${rest}\x89}tR`;

  it('that describes tensors beyond their storage is refused', async () => {
    const data = { 0: new Uint8Array(16) };
    const cases: [string, RegExp][] = [
      [tensorOf('K\x05', 'K\0K\x05\x85K\x01\x85'), /20 bytes in a\/data\/0, got 16/],
      [
        tensorOf('K\x04', 'K\x01K\x04\x85K\x01\x85'),
        /arguments of torch\._utils\._rebuild_tensor_v2: a part of 16 bytes/,
      ],
      [tensorOf('K\x04', 'K\0K\x04\x85K\x02\x85'), /a part of 16 bytes/],
      [tensorOf('K\x04', 'K\0J\xff\xff\xff\xff\x85K\x01\x85'), /a storage, an offset, a shape and strides/],
      [tensorOf('K\x04', 'K\0K\x02\x85)'), /a part of 16 bytes/],
      [tensorOf('K\x04', 'K\0K\x02\x85K\x01'), /a storage, an offset/],
      [tensorOf('J\xff\xff\xff\xff', 'K\0))'), /a storage with its class, key, device and size/],
    ];
    for (const [pickle, message] of cases) await expectRefusal(await checkpoint(pickle, data), message);
    await expectRefusal(await checkpoint(tensorOf('K\x04', 'K\0))'), {}), /16 bytes in a\/data\/0, got no such entry/);
  });

  it('cannot ask for much more memory than its file has', async () => {
    const data = { 0: new Uint8Array(16) };
    // one element, repeated 2^40 times
    const expanded = tensorOf('K\x04', 'K\0\x8a\x06\0\0\0\0\0\x01\x85K\0\x85');
    await expectRefusal(await checkpoint(expanded, data), /at most \d+ bytes of tensors, got 4398046511104/);
    // a megabyte that 10,000 tensors show in full
    const large = { 0: new Uint8Array(1_000_000) };
    const each = tensorOf('J\x90\xd0\x03\0', 'K\0J\x90\xd0\x03\0\x85K\x01\x85');
    await expectRefusal(await checkpoint(`](${each.repeat(10_000)}e`, large), /at most \d+ bytes of tensors/);
    // the same bytes or items again and again
    const text = 'x'.repeat(100_000);
    const bytes = `c_codecs\nencode\nq\0X\xa0\x86\x01\0${text}X\x06\0\0\0latin1\x86q\x01R`;
    await expectRefusal(
      await checkpoint(`](${bytes}${'h\0h\x01R'.repeat(10_000)}e`),
      /objects of no more bytes than the pickle/,
    );
    const set = `c__builtin__\nset\nq\0](${'K\x01'.repeat(10_000)}e\x85q\x01R`;
    await expectRefusal(
      await checkpoint(`](${set}${'h\0h\x01R'.repeat(10_000)}e`),
      /objects of no more bytes than the pickle/,
    );
  });

  it('cannot multiply by containers within each other', async () => {
    // each list holds the one before twice
    let doubling = ']q\0';
    for (let i = 0; i < 60; i++)
      doubling += `](h${String.fromCharCode(i)}h${String.fromCharCode(i)}eq${String.fromCharCode(i + 1)}`;
    const bomb = await checkpoint(`(${doubling}t`);
    expect((await io.loadWeights(bomb)).size).toBe(0);
    expect(await io.loadTorch(bomb)).toBeInstanceOf(Array);
    const t = tensorOf('K\x01', 'K\0))');
    const withTensor = await checkpoint(`(${doubling.replace(']q\0', `](${t}eq\0`)}t`, { 0: new Uint8Array(4) });
    await expect(io.loadWeights(withTensor)).rejects.toThrow(/fewer objects than the pickle has bytes/);
    // in the object that loadTorch returns, they are one
    expect(await io.loadTorch(withTensor)).toBeInstanceOf(Array);
    const itself = await checkpoint(`]q\0h\0a`);
    expect((await io.loadTorch(itself)) as unknown[]).toHaveLength(1);
    expect((await io.loadWeights(itself)).size).toBe(0);
    const ofTensors = await checkpoint(`]q\0(${t}h\0e${'N0'.repeat(100_000)}`, { 0: new Uint8Array(4) });
    await expect(io.loadWeights(ofTensors)).rejects.toThrow(/at most 500 levels of containers/);
    // a list of a million items, which many values show the beginning of
    const list = `](${'N'.repeat(1_000_000)}eq\0`;
    const shown = await checkpoint(`${list}0](${'](h\0h\0h\0e'.repeat(1000)}e`);
    expect((await io.loadWeights(shown)).size).toBe(0);
    // a name of a hundred thousand letters before each of many tensors
    const key = `X\xa0\x86\x01\0${'k'.repeat(100_000)}q\x01`;
    const many = `}(${key}](${'h\x05'.repeat(50_000)}eu`;
    const long = await checkpoint(`${t}q\x050${many}`, { 0: new Uint8Array(4) });
    await expect(io.loadWeights(long)).rejects.toThrow(FileError);
  });

  it('cannot exhaust the stack', async () => {
    for (const pickle of [']'.repeat(100_000) + 'a'.repeat(99_999), `${'('.repeat(100_000)}${'t'.repeat(100_000)}`]) {
      const deep = await checkpoint(pickle);
      await expectRefusal(deep, /at most 500 levels of containers/);
    }
  });
});

describe('a zip file', () => {
  const header = (claimed: number, sum: number, compressed: number, name: string, central: boolean, offset = 0) => {
    const bytes = Buffer.alloc(central ? 46 : 30);
    bytes.writeUInt32LE(central ? 0x02014b50 : 0x04034b50);
    const at = central ? 10 : 8;
    bytes.writeUInt16LE(8, at);
    bytes.writeUInt32LE(sum, at + 6);
    bytes.writeUInt32LE(compressed, at + 10);
    bytes.writeUInt32LE(claimed, at + 14);
    bytes.writeUInt16LE(name.length, at + 18);
    if (central) bytes.writeUInt32LE(offset, 42);
    return Buffer.concat([bytes, Buffer.from(name)]);
  };
  /** A file in which entries of these names share deflated data. */
  function deflated(data: Uint8Array, claimed: number, names: readonly string[]): Uint8Array {
    const packed = deflateRawSync(data, { level: 9 });
    const local = header(claimed, crc32(data), packed.length, names[0], false);
    const central = Buffer.concat(names.map((name) => header(claimed, crc32(data), packed.length, name, true)));
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50);
    // 16 bits of the number; readers find the others
    end.writeUInt16LE(names.length % 65_536, 8);
    end.writeUInt16LE(names.length % 65_536, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length + packed.length, 16);
    return new Uint8Array(Buffer.concat([local, packed, central, end]));
  }
  const npy = async (length: number) => io.encodeNpy(tensor(new Float32Array(length)));

  it('that inflates to less or more than it claims is refused', async () => {
    const data = await npy(1000);
    expect((await io.loadWeights(deflated(data, data.length, ['a.npy']))).get('a')?.size).toBe(1000);
    for (const claimed of [data.length - 1, data.length + 1, 100, 2 ** 31]) {
      await expect(io.loadWeights(deflated(data, claimed, ['a.npy']))).rejects.toThrow(FileError);
    }
    await expect(io.loadWeights(deflated(data, 2 ** 31, ['a.npy']))).rejects.toThrow(
      /'a\.npy': expected a size that \d+ bytes can hold, got 2147483648/,
    );
  });

  it('whose entries share their data is refused', async () => {
    const data = await npy(100_000);
    const names = Array.from({ length: 1000 }, (_, i) => `${'a'.repeat(4)}${String(i).padStart(4, '0')}.npy`);
    await expect(io.loadWeights(deflated(data, data.length, names))).rejects.toThrow(FileError);
  });

  it('with more entries than any checkpoint has is refused before they are read', async () => {
    const names = Array.from({ length: 70_000 }, (_, i) => `${String(i).padStart(8, '0')}.npy`);
    await expect(io.loadWeights(deflated(await npy(1), 132, names))).rejects.toThrow(/at most 65535 entries, got more/);
  });

  it('with names that lead out of the folder is read, and writes nothing', async () => {
    const names = ['../../evil', '/etc/evil', 'C:\\evil', 'a\0b', '__proto__', ''];
    const array = await npy(1);
    const file = await zipOf(Object.fromEntries(names.map((name) => [`${name}.npy`, array])));
    const path = join(folder, 'names.npz');
    writeFileSync(path, file);
    expect([...(await io.loadWeights(path)).keys()].sort()).toEqual([...names].sort());
    expect(readdirSync(folder)).toEqual(['names.npz']);
    const key = '../../../etc/passwd';
    const pickle = `ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x13\0\0\0${key}X\x03\0\0\0cpuK\x01tQK\0))\x89}tR`;
    await expectRefusal(
      await checkpoint(pickle),
      /4 bytes in a\/data\/\.\.\/\.\.\/\.\.\/etc\/passwd, got no such entry/,
    );
  });

  it('with a name twice, or that is something else, is refused', async () => {
    const array = await npy(1);
    const twice = await zipOf({ 'a.npy': array, 'b.npy': array });
    for (let at = 0; at < twice.length; at++) {
      if (twice[at] === 0x62 && String.fromCharCode(...twice.subarray(at, at + 5)) === 'b.npy') twice[at] = 0x61;
    }
    await expect(io.loadWeights(twice)).rejects.toThrow(/'a\.npy': expected every name once, got it twice/);
    await expect(io.loadWeights(await zipOf({ 'a.txt': array }))).rejects.toThrow(
      /expected data.pkl of PyTorch or arrays of NumPy in the zip file, got 'a.txt'/,
    );
    await expect(io.loadTorch(await zipOf({ 'a.npy': array }))).rejects.toThrow(/expected data.pkl in an archive/);
    const script = await zipOf({ 'a/data.pkl': latin1('\x80\x02N.'), 'a/constants.pkl': latin1('') });
    await expectRefusal(script, /expected a file of torch.save, got a program of torch.jit.save/);
    const odd = await zipOf({ 'a/data.pkl': latin1('\x80\x02N.'), 'a/byteorder': latin1('middle') });
    await expectRefusal(odd, /expected byteorder little or big, got middle/);
  });
});

describe('a .npy file', () => {
  const fileOf = (text: string, size = 0, version = 1): Uint8Array => {
    const head = latin1(`\x93NUMPY\0\0${version === 1 ? '__' : '____'}${text}\n`);
    head.set([version, 0], 6);
    const view = new DataView(head.buffer);
    if (version === 1) view.setUint16(8, text.length + 1, true);
    else view.setUint32(8, text.length + 1, true);
    return new Uint8Array(Buffer.concat([head, Buffer.alloc(size)]));
  };
  const plain = (descr: string, order = 'False', shape = '(2,)') =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

  it('may have its fields in any order, with any space, and longs of Python 2', async () => {
    const texts = [
      plain("'<f4'"),
      `{"shape":(2L,),"descr":"<f4","fortran_order":True}`,
      `{ 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '<f4' }`.padEnd(300),
    ];
    for (const text of texts) {
      for (const version of [1, 2, 3]) expect((await io.loadNpy(fileOf(text, 8, version))).shape).toEqual([2]);
    }
    expect((await io.loadNpy(fileOf(plain("'<f4'", 'False', '()'), 4))).shape).toEqual([]);
    await expect(io.loadNpy(await io.encodeSafetensors({}))).rejects.toThrow(/expected a .npy file, got safetensors/);
  });

  it.each([
    [plain("'|O'"), /expected numbers or flags \(.*\), got '\|O'/],
    [plain("'<U4'"), /numbers or flags/],
    [plain("'<f16'"), /numbers or flags/],
    [plain("'<V2'"), /numbers or flags/],
    [plain("'|f4'"), /numbers or flags/],
    [plain("'f4'"), /numbers or flags/],
    [plain("'=f4'"), /numbers or flags/],
    [plain("[('a', '<f4')]"), /a header with 'descr'/],
    [plain("'<f4'", '0'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(-2,)'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(2)'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(2,,)'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(0x2,)'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '[2]'), /a header with 'descr'/],
    [plain("'<f4'", 'False', `(${'9'.repeat(30)},)`), /a header with 'descr'/],
    [plain("'<f4'", 'False', `(${'1,'.repeat(65)})`), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(4294967296, 4294967296)'), /a header with 'descr'/],
    [plain("'<f4'", 'False', '(1000000000,)'), /expected 4000000\d\d\d bytes for float32 \(1000000000\), got \d+/],
    [plain("__import__('os').system('ls')"), /a header with 'descr'/],
    [`${plain("'<f4'")} + exit()`, /a header with 'descr'/],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", /a header with 'descr'/],
    ["{'descr': '<f4', 'fortran_order': False}", /a header with 'descr'/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 'x'}", /a header with 'descr'/],
    ['', /a header with 'descr'/],
    [`{${' '.repeat(60_000)}`, /a header with 'descr'/],
    [`{'descr': '${'<'.repeat(60_000)}`, /a header with 'descr'/],
    [`{'shape': (${'1 '.repeat(30_000)}`, /a header with 'descr'/],
  ])('with another header is refused: %.60s', async (text, message) => {
    const error = await io.loadNpy(fileOf(text, 8)).catch((caught) => caught);
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(1000);
  });

  it('of another size or version is refused', async () => {
    for (const size of [0, 7, 9]) {
      await expect(io.loadNpy(fileOf(plain("'<f4'"), size))).rejects.toThrow(
        /expected \d+ bytes for float32 \(2\), got \d+/,
      );
    }
    await expect(io.loadNpy(fileOf(plain("'<f4'"), 8, 4))).rejects.toThrow(/a .npy file of version 1.0 to 3.0/);
    const long = fileOf(plain("'<f4'"), 8, 2);
    new DataView(long.buffer).setUint32(8, 2 ** 31, true);
    await expect(io.loadNpy(long)).rejects.toThrow(/a header of at most 65535 bytes, got 2147483648/);
  });
});

it('other files are refused with the formats that are known', async () => {
  for (const text of [
    '',
    'x',
    '\x80\x04K\x01.',
    '\x89HDF\r\n\x1a\n',
    'PK\x03\x04',
    `PK\x05\x06${'\0'.repeat(17)}`,
    '\x93NUMPY',
  ]) {
    const error = await io.loadWeights(latin1(text)).catch((caught) => caught);
    expect(error).toBeInstanceOf(FileError);
  }
  await expect(io.loadWeights(latin1('\x80\x04K\x01.'))).rejects.toThrow(
    'bytes: expected safetensors, a checkpoint of PyTorch, .npz or .npy, got 5 bytes that begin with [128, 4, 75, 1, 46]',
  );
  expect((await io.loadWeights(await zipOf({}))).size).toBe(0);
});

it.each([
  ['pt', 3, 'saveTorch(path, { x })'],
  ['npz', 3, 'saveNpz(path, { x })'],
  ['deflated.npz', 5, 'saveNpz(path, { x }, { compress: true })'],
  ['npy', 3, 'saveNpy(path, x)'],
])('reading %s costs at most %d times the size of its values', (kind, times, save) => {
  const path = join(folder, `large.${kind}`);
  const count = 20_000_000;
  const run = (text: string): string => {
    const script = `import { io, ones } from './src/index.ts'; const path = ${JSON.stringify(path)}; ${text}`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout;
  };
  run(`const x = ones([${count}]); await io.${save};`);
  const grown = run(`ones([1]);
    const before = process.resourceUsage().maxRSS;
    const [x] = (await io.loadWeights(path)).values();
    if (x.size !== ${count}) throw new Error('size');
    console.log(process.resourceUsage().maxRSS - before);`);
  rmSync(path);
  // maxRSS is in kilobytes
  expect(Number(grown) * 1024).toBeLessThan(times * 4 * count + 60_000_000);
});
