import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../src/io/node/crc32.js';
import type { Dice } from './attack.js';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Names that lead out of folders, that objects have, or that are long. */
const names = ['w', 'b', 'layer.0.weight', '', '__proto__', 'constructor', '../../evil', '/etc/passwd', 'C:\\evil'];
names.push('a\0b', 'x'.repeat(300), '\ud800', 'w/../w', '.', '..', '%2e%2e/x', '\u202ew');

/** Lengths and offsets that do not fit, wrap, or are no integers. */
const hostileSizes = [-1, 0, 7, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 33 + 4, 2 ** 53 - 1, 2 ** 53, 1e300, 0.5];

/** In most cases `usual`, otherwise one of the others. */
function mostly<T>(dice: Dice, usual: T, others: readonly T[]): T {
  return dice.below(8) > 0 ? usual : dice.pick(others);
}

function bytesOf(dice: Dice, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => dice.below(256));
}

function little(value: number, bytes: number): Uint8Array {
  let rest = BigInt.asUintN(8 * bytes, BigInt(Math.trunc(Math.max(-1, Math.min(value, 2 ** 64)))));
  return Uint8Array.from({ length: bytes }, () => {
    const byte = Number(rest & 255n);
    rest >>= 8n;
    return byte;
  });
}

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** A safetensors file whose header lies now and then. */
export function safetensorsFile(dice: Dice): Uint8Array {
  const header: [string, unknown][] = [];
  let at = 0;
  for (let n = dice.below(4); n >= 0; n--) {
    const shape = Array.from({ length: dice.below(4) }, () => mostly<number>(dice, dice.below(4), hostileSizes));
    const [dtype, bytes] = dice.pick([
      ['F32', 4],
      ['F16', 2],
      ['I64', 8],
      ['BOOL', 1],
      ['F8_E4M3', 1],
    ] as const);
    const size = Math.min(1000, shape.reduce((a, b) => a * b, bytes) || 0);
    const offsets = [at, at + size].map((offset) => mostly<unknown>(dice, offset, [...hostileSizes, '0', null, [0]]));
    at += Math.max(0, Math.ceil(size));
    const entry = {
      dtype: mostly<unknown>(dice, dtype, ['F4', 'f32', '', null, 4, ['F32']]),
      shape: mostly<unknown>(dice, shape, [null, '2', { 0: 2 }, new Array(70).fill(1), [[2]]]),
      data_offsets: mostly<unknown>(dice, offsets, [[0], null, [0, 0, 0], { 0: 0, 1: 4 }]),
    };
    header.push([mostly(dice, `t${n}`, names), mostly<unknown>(dice, entry, [null, 3, [], { ...entry, more: 1 }])]);
  }
  if (dice.below(3) === 0) header.push(['__metadata__', dice.pick([{ a: 'b' }, { a: 1 }, null, [], 'x', { a: {} }])]);
  // names may repeat, which JSON.stringify of an object would hide
  const pairs = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${pairs.join(',')}}${' '.repeat(dice.below(9))}`);
  const length = little(mostly<number>(dice, text.length, hostileSizes), 8);
  return joined(length, text, bytesOf(dice, mostly(dice, at, [0, at + 1, Math.max(0, at - 1)])));
}

/** A .npy file whose header lies now and then. */
export function npyFile(dice: Dice): Uint8Array {
  const shape = Array.from({ length: dice.below(4) }, () => mostly<number>(dice, dice.below(4), hostileSizes));
  const size = Math.min(
    1000,
    4 *
      Math.max(
        0,
        shape.reduce((a, b) => a * b, 1),
      ) || 0,
  );
  const tuple = shape.length === 1 ? `(${shape},)` : `(${shape.join(', ')})`;
  const fields = [
    `'descr': ${mostly(dice, "'<f4'", ["'>f4'", "'|O'", "'<U9'", "[('a', '<f4')]", "'<f8'", "'|b1'", "exec('1')"])}`,
    `'fortran_order': ${mostly(dice, 'False', ['True', '1', 'None', "__import__('os')"])}`,
    `'shape': ${mostly(dice, tuple, ['(-1,)', '(1e9,)', `(${'9'.repeat(40)},)`, '()', '((2,),)', '(2', `(${'1,'.repeat(99)})`])}`,
    ...(dice.below(9) === 0 ? ["'shape': (1,)", "'more': 1"] : []),
  ];
  if (dice.below(9) === 0) fields.splice(dice.below(fields.length), 1);
  const version = mostly(dice, 1, [0, 2, 3, 4, 255]);
  const text = latin1(`{${fields.join(', ')}, }${' '.repeat(dice.below(20))}\n`);
  const length = little(mostly<number>(dice, text.length, hostileSizes), version === 1 ? 2 : 4);
  const data = bytesOf(dice, mostly(dice, Math.ceil(size), [0, size + 1, 7].map(Math.ceil)));
  return joined(latin1('\x93NUMPY'), Uint8Array.of(version, 0), length, text, data);
}

/** What a pickle may do: parts that make tensors, containers and values, and parts that would run code. */
const globals = ['os\nsystem', 'builtins\neval', 'posix\nsystem', 'subprocess\nPopen', '__builtin__\ngetattr'];
globals.push(
  'torch\nload',
  'torch.serialization\nload',
  'numpy.core.multiarray\n_reconstruct',
  'collections\nOrderedDict',
);
globals.push(
  'torch._utils\n_rebuild_tensor_v2',
  'torch\nFloatStorage',
  'torch\nSize',
  'torch.nn.modules.linear\nLinear',
);
globals.push('builtins\nset', '_codecs\nencode', 'torch._utils\n_rebuild_parameter', 'operator\nattrgetter', '../x\ny');

function integer(dice: Dice, usual: number): string {
  const value = mostly<number>(dice, usual, hostileSizes.filter(Number.isInteger));
  if (value >= 0 && value < 256) return `K${String.fromCharCode(value)}`;
  return `\x8a\x09${String.fromCharCode(...little(value, 8), value < 0 ? 255 : 0)}`;
}

const text = (value: string): string =>
  `X${String.fromCharCode(...little(value.length, 4))}${value.replace(/[^\0-\x7f]/g, '?').padEnd(value.length, '?')}`;

function tensorPart(dice: Dice): string {
  const key = mostly(dice, '0', ['1', '../../../etc/passwd', '', '__proto__']);
  const type = mostly(dice, 'FloatStorage', ['LongStorage', 'BoolStorage', 'OddStorage', 'QInt8Storage']);
  const storage = `(${text('storage')}ctorch\n${type}\n${text(key)}${text('cpu')}${integer(dice, 4)}tQ`;
  const lists = [2, 2].map((n, i) => `(${integer(dice, n)}${integer(dice, i === 0 ? 2 : 1)}t`);
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${integer(dice, 0)}${lists.join('')}\x89}tR`;
}

/** The operations of a pickle in an order that often makes sense. */
function pickle(dice: Dice, protocol = true): Uint8Array {
  const part = (): string => {
    switch (dice.below(16)) {
      case 0:
        return `c${dice.pick(globals)}\n`;
      case 1:
        return `c${dice.pick(globals)}\n(${text('ls')}tR`;
      case 2:
        return dice.pick(['\x8c\x02os\x8c\x06system\x93', '(ios\nsystem\n', '(cos\nsystem\no', '\x82\x01', 'P1\n']);
      case 3:
        return dice.pick(['(', ')', ']', '}', 't', 'R', 'e', 'u', 's', 'a', 'b', '0', '2', '1', 'Q', '\x81', '\x85']);
      case 4:
        return `](${'('.repeat(dice.pick([1, 3, 600]))}`;
      case 5:
        return `q${String.fromCharCode(dice.below(4))}`;
      case 6:
        return `h${String.fromCharCode(dice.below(4))}`;
      case 7:
        return `X${String.fromCharCode(...little(dice.pick(hostileSizes), 4))}ab`;
      case 8:
        return dice.pick(['\x8e', '\x8d', '\x96']) + String.fromCharCode(...little(dice.pick(hostileSizes), 8));
      case 9:
        return `](${'h\0'.repeat(dice.pick([1, 5, 2000]))}eq\0`;
      case 10:
        return `}(${text(dice.pick(names))}${tensorPart(dice)}u`;
      case 11:
        return `}(${text('a')}${integer(dice, 5)}${integer(dice, 6)}Nu`;
      default:
        return tensorPart(dice);
    }
  };
  const parts = Array.from({ length: 1 + dice.below(5) }, part);
  const whole = dice.below(2) === 0 ? `(${parts.join('')}t` : parts.join('');
  return latin1(`${protocol ? mostly(dice, '\x80\x02', ['', '\x80\x05', '\x80\xff', '\x80\x00']) : ''}${whole}.`);
}

/** A zip file whose fields lie now and then; entries may overlap, inflate to much, or have the same name. */
function zipFile(dice: Dice, contents: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const lies = (usual: number): number => (dice.below(40) > 0 ? usual : dice.pick(hostileSizes));
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of contents) {
    const method = dice.below(40) > 0 ? dice.pick([0, 0, 8]) : dice.pick([1, 12, 99]);
    const data = method === 8 ? new Uint8Array(deflateRawSync(content)) : content;
    const given = [
      [dice.below(40) > 0 ? 0x800 : dice.pick([0, 1, 8, 0x41, 0xffff]), 2],
      [method, 2],
      [0, 4],
      [lies(crc32(content)), 4],
      [lies(data.length), 4],
      [lies(content.length), 4],
      [new TextEncoder().encode(name).length, 2],
      [lies(0), 2],
    ] as const;
    const fields = joined(...given.map(([value, bytes]) => little(value, bytes)));
    const [encoded, version] = [new TextEncoder().encode(name), little(20, 2)];
    const local = joined(little(0x04034b50, 4), version, fields, encoded, data);
    central.push(
      joined(little(0x02014b50, 4), version, version, fields, little(0, 2), little(0, 8), little(lies(at), 4), encoded),
    );
    // an entry may use the data of the one before
    if (dice.below(40) === 0) continue;
    locals.push(local);
    at += local.length;
  }
  const directory = joined(...central);
  const counts = [lies(contents.length), lies(contents.length)].map((count) => little(count, 2));
  const end = joined(little(0x06054b50, 4), little(0, 4), ...counts, little(lies(directory.length), 4));
  const comment = mostly(dice, 0, [5, 65_535]);
  return joined(
    ...locals,
    directory,
    end,
    little(lies(at), 4),
    little(comment, 2),
    new Uint8Array(Math.min(comment, 5)),
  );
}

/** Zeros that deflate to a thousandth, behind a header that says what they are. */
function bomb(dice: Dice): Uint8Array {
  const count = dice.pick([1000, 100_000, 250_000]);
  const header = latin1(`{'descr': '<f4', 'fortran_order': False, 'shape': (${count},), }\n`);
  return joined(latin1('\x93NUMPY\x01\0'), little(header.length, 2), header, new Uint8Array(4 * count));
}

/** A .npz file. */
export function npzFile(dice: Dice): Uint8Array {
  const entries = Array.from({ length: 1 + dice.below(4) }, (_, i): [string, Uint8Array] => {
    const name = `${mostly(dice, `a${i}`, names)}${mostly(dice, '.npy', ['', '.txt', '/'])}`;
    return [name, dice.below(6) === 0 ? bomb(dice) : npyFile(dice)];
  });
  return zipFile(dice, entries);
}

/** A checkpoint of PyTorch. */
export function torchFile(dice: Dice): Uint8Array {
  const folder = mostly(dice, 'archive', names);
  return zipFile(dice, [
    [`${folder}/data.pkl`, pickle(dice)],
    [`${folder}/data/0`, mostly(dice, bytesOf(dice, 16), [new Uint8Array(0), new Uint8Array(100_000)])],
    ...(dice.below(4) === 0 ? [[`${folder}/byteorder`, latin1(dice.pick(['little', 'big', 'odd']))] as const] : []),
    ...(dice.below(9) === 0 ? [[dice.pick(names), pickle(dice)] as const] : []),
  ]);
}

/** A checkpoint of PyTorch before 1.6: pickles one after the other, then the storages. */
export function legacyFile(dice: Dice): Uint8Array {
  const magic = latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.');
  const version = latin1(mostly(dice, '\x80\x02M\xe9\x03.', ['\x80\x02M\xea\x03.', '\x80\x02N.', '.']));
  const system = latin1(`\x80\x02}${text('little_endian')}${mostly(dice, '\x88', ['\x89', 'N'])}s.`);
  const keys = latin1(`\x80\x02](${mostly(dice, text('0'), ['', text('1'), `${text('0')}${text('0')}`, 'K\x01'])}e.`);
  const storage = joined(
    little(mostly<number>(dice, 4, hostileSizes), 8),
    bytesOf(dice, mostly(dice, 16, [0, 15, 64])),
  );
  return joined(magic, version, system, pickle(dice), keys, storage);
}
