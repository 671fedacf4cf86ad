import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { createTar } from 'nanotar';
import { recordsOfSheet } from '../../src/data/node/cifar-sheet.js';
import { decodeImage } from '../../src/data/node/images/image-reader.js';
import { filesOfTarball } from '../../src/data/node/tarball.js';
import { readCifarRecords } from '../../src/data/vision/cifar-records.js';
import { readIdx } from '../../src/data/vision/idx.js';
import {
  AntinodeError,
  data,
  formula,
  io,
  nn,
  optim,
  scope,
  setDeviceSync,
  type Tensor,
  tensor,
} from '../../src/index.js';
import { jsonToState } from '../../src/io/node/state-json.js';
import { exportOnnx, importOnnx } from '../../src/onnx/index.js';
import { goldenFiles } from '../helpers/image-files.js';
import { weightsReaders } from '../helpers/weights-readers.js';
import { type Attack, type Dice, errorLine, processorTime } from './attack.js';

/** A reader of untrusted input with an input that it accepts. */
interface Reader {
  readonly name: string;
  readonly input: Uint8Array;
  read(bytes: Uint8Array): unknown;
}

const utf8 = new TextEncoder();
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function readers(): Promise<Reader[]> {
  const weights = { w: tensor([[1, 2, 3]]), b: tensor([true, false]), i: tensor(Int32Array.of(1, -1)) };
  const pixels = Uint8Array.from({ length: 2 * 3072 }, (_, i) => i % 256);
  const model = new nn.Linear(2, 2);
  const network = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.ReLU(), new nn.Flatten());
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
  for (const p of model.parameters()) p.grad = tensor(new Float32Array(p.size).fill(1), { shape: p.shape });
  optimizer.step();
  const state = JSON.stringify({
    a: [1, { $number: 'NaN' }],
    b: { $map: [['x', { $undefined: true }]] },
    c: { d: '\\"' },
  });
  const text = 'It rained in the U.S. on the 4th (Applause.) of July, "1790". I don\'t read $1,000.50!\n\nThe end.\n';
  const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 4);
  const tar = createTar([{ name: 'package/a.txt', data: 'text' }]);
  return [
    {
      name: 'safetensors',
      input: await io.encodeSafetensors(weights, { metadata: { format: 'pt' } }),
      read: (bytes) => io.loadSafetensors(bytes),
    },
    {
      name: 'state of a checkpoint',
      input: utf8.encode(state),
      read: (bytes) => jsonToState('file', parsed(bytes), () => weights.w as unknown as Tensor),
    },
    {
      name: 'state of an optimizer',
      input: utf8.encode(JSON.stringify(optimizer.stateDict(), (_, x) => (isTensor(x) ? { t: 1 } : x))),
      read(bytes) {
        const revive = (_: string, x: unknown) => (isMarker(x) ? tensor([1, 2]) : x);
        optimizer.loadStateDict(parsed(bytes, revive) as optim.OptimizerStateDict);
      },
    },
    { name: 'ONNX', input: await exportOnnx(network, [2, 1, 4, 4]), read: (bytes) => importOnnx(bytes) },
    { name: 'idx', input: idx, read: (bytes) => readIdx({ name: 'file', bytes }, 3) },
    {
      name: 'CIFAR records',
      input: Uint8Array.from({ length: 3073 }, (_, i) => i % 10),
      read: (bytes) => readCifarRecords([{ name: 'file', bytes }], { labelBytes: 1, labelByte: 0, numClasses: 10 }),
    },
    {
      name: 'PNG sheet',
      input: encode({ width: 1024, height: 2, channels: 3, depth: 8, data: pixels }),
      read: (bytes) => recordsOfSheet({ name: 'file', bytes }, [1, 2]),
    },
    ...goldenFiles().map(({ key, file }) => ({
      name: `image ${key}`,
      input: file,
      read: (bytes: Uint8Array) => decodeImage({ name: 'file', bytes }, 2 ** 20),
    })),
    {
      name: 'tarball',
      input: gzipSync(tar),
      read: (bytes) => filesOfTarball('file', bytes, ['package/a.txt'], 100_000),
    },
    { name: 'tar', input: tar, read: (bytes) => filesOfTarball('file', gzipSync(bytes), ['package/a.txt'], 1e6) },
    {
      name: 'corpus',
      input: utf8.encode(text),
      read: (bytes) => data.textCorpus({ train: { name: 'file', bytes } }),
    },
    { name: 'raw text', input: utf8.encode(text), read: (bytes) => data.prepareText({ train: decode(bytes) }) },
    {
      name: 'vocabulary',
      input: utf8.encode(JSON.stringify(['a', 'b', '<unk>'])),
      read: (bytes) => data.Vocabulary.fromJSON(parsed(bytes)),
    },
    {
      name: 'formula',
      input: utf8.encode('const a = x > 0 ? exp(-x) : 1.5e3 /* c */; y = min(a, s) ** 2'),
      read: (bytes) => formula(decode(bytes), { tensors: ['x', 'y'], scalars: ['s'] }),
    },
  ];
}

/** JSON that a reader receives after parsing: what does not parse is not its business. */
function parsed(bytes: Uint8Array, revive?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(decode(bytes), revive);
  } catch {
    return undefined;
  }
}

const isTensor = (x: unknown): boolean => typeof x === 'object' && x !== null && 'dtype' in x;
const isMarker = (x: unknown): boolean => typeof x === 'object' && x !== null && Object.keys(x).join() === 't';

/** Pieces of text that formats give a meaning to. */
const fragments = ['"', '\\', '{', '}', '[', ']', ':', ',', '-', '1e999', 'null', '__proto__', '$map', '$tensor'];
fragments.push('(', ')', '**', '?', 'data_offsets', '18446744073709551616', '\ufeff', '\0', '\n\n', '../../x');

/** Changes bytes in one of many ways, several times. */
export function mutated(dice: Dice, input: Uint8Array): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(input);
  for (let n = 1 + dice.below(3); n > 0; n--) {
    const [from, to] = [dice.below(bytes.length + 1), dice.below(bytes.length + 1)].sort((a, b) => a - b);
    const insert = (piece: Uint8Array) =>
      Uint8Array.from([...bytes.subarray(0, from), ...piece, ...bytes.subarray(from)]);
    switch (dice.below(7)) {
      case 0:
        if (from < bytes.length) bytes[from] ^= 1 << dice.below(8);
        break;
      case 1:
        if (from < bytes.length) bytes[from] = dice.pick([0, 1, 127, 128, 255, 0x22, 0x7b, 0x39]);
        break;
      case 2:
        bytes = bytes.slice(0, to);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]);
        break;
      case 4:
        bytes = insert(bytes.slice(from, Math.min(to, from + 200)));
        break;
      case 5:
        bytes = insert(utf8.encode(dice.pick(fragments)));
        break;
      default:
        // a length or an offset
        new DataView(bytes.buffer).setUint32(
          Math.max(0, Math.min(from, bytes.length - 4)) || 0,
          dice.pick([0, 1, 2 ** 31, 2 ** 32 - 1, bytes.length]),
        );
    }
    if (bytes.length < 8) return bytes;
  }
  return bytes;
}

/** Gives every reader inputs that were changed at random. */
export const hostileFiles: Attack = {
  name: 'changed files',
  async run(dice, deadline, findings) {
    setDeviceSync('reference');
    const all = [...(await readers()), ...(await weightsReaders())];
    while (performance.now() < deadline) {
      const reader = dice.pick(all);
      const bytes = mutated(dice, reader.input);
      findings.tries++;
      const start = processorTime();
      try {
        await scope(async () => void (await reader.read(bytes)));
      } catch (error) {
        if (!(error instanceof AntinodeError)) {
          findings.fail(
            `${reader.name}: ${errorLine(error)} for ${Buffer.from(bytes.subarray(0, 2000)).toString('base64')}`,
          );
        }
      }
      const took = processorTime() - start;
      if (took > 5000) findings.fail(`${reader.name}: took ${Math.round(took)} ms of processor time`);
    }
  },
};
