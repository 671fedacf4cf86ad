import {
  AntinodeError,
  FileError,
  io,
  memory,
  nn,
  resetPeakMemory,
  scope,
  setDeviceSync,
  tensor,
} from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx/index.js';
import { decode } from '../../src/onnx/proto/decode.js';
import { encode } from '../../src/onnx/proto/encode.js';
import { type Given, modelMessage } from '../../src/onnx/proto/schema.js';
import { readAll, weightsReaders } from '../helpers/weights-readers.js';
import { changedContent } from '../onnx/changed-content.js';
import { fileOf } from '../onnx/files.js';
import { operatorCases } from '../onnx/operator-cases.js';
import { type Attack, type Dice, errorLine, processorTime } from './attack.js';
import { mutated } from './hostile-files.js';
import { legacyFile, npyFile, npzFile, safetensorsFile, torchFile } from './hostile-makers.js';

/** A format of files, and how to attack it. */
interface Format {
  readonly name: string;
  /** Files that are accepted. */
  readonly valid: readonly Uint8Array[];
  /** The most times as many bytes as the file has that its tensors may take. */
  readonly expansion: number;
  read(bytes: Uint8Array): Promise<void>;
  /** A file with hostile sizes, names or content. */
  make(dice: Dice): Uint8Array;
}

/** Inputs that every format gets, however large their files are. */
const freeBytes = 2 ** 21;

/** Milliseconds of processor time that a file of some kilobytes may take. */
const patience = 5000;

/** Bytes of all memory that the process may use beyond what it used at the start. */
const mostResident = 2 ** 30;

async function formats(): Promise<Format[]> {
  const tensors = { w: tensor([[1, 2, 3]]), b: tensor([true, false]), i: tensor(Int32Array.of(1, -1)) };
  const others = await weightsReaders();
  const inputs = (...names: string[]) => others.filter(({ name }) => names.includes(name)).map(({ input }) => input);
  const models = operatorCases.map(({ graph }) => fileOf(graph));
  models.push(await exportOnnx(nn.models.resnet18({ width: 1 }), [1, 3, 8, 8], { dynamicBatch: true }));
  models.push(await exportOnnx(new nn.LSTM(3, 2, { bidirectional: true }), [4, 2, 3]));
  const weights = { read: readAll };
  return [
    {
      name: 'safetensors',
      valid: [await io.encodeSafetensors(tensors, { metadata: { a: 'b' } }), ...inputs('safetensors of other types')],
      ...{ expansion: 8, make: safetensorsFile, ...weights },
    },
    {
      name: 'PyTorch (zip)',
      valid: inputs('PyTorch checkpoint', 'PyTorch checkpoint by PyTorch'),
      ...{ expansion: 400, make: torchFile, ...weights },
    },
    {
      name: 'PyTorch (legacy)',
      valid: inputs('legacy checkpoint'),
      ...{ expansion: 400, make: legacyFile, ...weights },
    },
    { name: 'npz', valid: inputs('npz', 'deflated npz'), expansion: 4 * 1032, make: npzFile, ...weights },
    { name: 'npy', valid: inputs('npy'), expansion: 8, make: npyFile, ...weights },
    {
      name: 'ONNX',
      valid: models,
      expansion: 16,
      read: async (bytes) => (await importOnnx(bytes)).dispose(),
      make: (dice) => onnxFile(dice, dice.pick(models)),
    },
  ];
}

const hostileLengths = [-1, 0, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1];

/** A model with other content, and often with lengths that it cannot have. */
function onnxFile(dice: Dice, file: Uint8Array): Uint8Array {
  const content = changedContent(dice, decode('file', modelMessage, file)) as Given<typeof modelMessage>;
  const lists: number[][] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
    if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number')) lists.push(value);
    for (const each of Object.values(value)) visit(each);
  };
  visit(content);
  if (lists.length > 0 && dice.below(2) === 0) {
    const list = dice.pick(lists);
    list[dice.below(list.length)] = dice.pick(hostileLengths);
  }
  try {
    return encode(modelMessage, content);
  } catch {
    // a number that the field cannot hold, as in a list of 32-bit ones
    return file;
  }
}

/** Why an error is not the one that a user should get; null if it is. */
function problemOf(error: unknown): string | null {
  if (!(error instanceof FileError))
    return error instanceof AntinodeError ? `${error.name}: ${error.message}` : errorLine(error);
  if (error.message.length > 2000) return `a message of ${error.message.length} characters`;
  return /^\S.*: .*expected .+/s.test(error.message)
    ? null
    : `a message without place or expectation: ${error.message}`;
}

/** Gives every format of weights and models files that were changed, and files that were made to do harm. */
export const hostileFormats: Attack = {
  name: 'hostile weights',
  async run(dice, deadline, findings, inputs = Number.POSITIVE_INFINITY) {
    setDeviceSync('reference');
    const all = await formats();
    const counts = new Map(all.map(({ name }) => [name, { tries: 0, refused: 0 }]));
    const started = process.resourceUsage().maxRSS;
    for (let n = 0; n < inputs && (inputs < Number.POSITIVE_INFINITY || performance.now() < deadline); n++) {
      for (const { name, valid, expansion, read, make } of all) {
        const made = dice.below(5) < 3 ? make(dice) : dice.pick(valid);
        const bytes = dice.below(3) === 0 && made.length > 0 ? mutated(dice, made) : made;
        const count = counts.get(name) as { tries: number; refused: number };
        count.tries++;
        findings.tries++;
        const fail = (what: string) => {
          findings.fail(`${name}: ${what} for ${Buffer.from(bytes.subarray(0, 6000)).toString('base64')}`);
        };
        const start = processorTime();
        resetPeakMemory();
        const before = memory().bytes;
        try {
          await scope(() => read(bytes));
        } catch (error) {
          count.refused++;
          const problem = problemOf(error);
          if (problem !== null) fail(problem);
        }
        const took = processorTime() - start;
        if (took > patience) fail(`took ${Math.round(took)} ms of processor time`);
        const peak = memory().peakBytes - before;
        if (peak > expansion * bytes.length + freeBytes) fail(`took ${peak} bytes for a file of ${bytes.length}`);
      }
      findings.notes = [...counts].map(([name, { tries, refused }]) => `${name}: ${tries} files, ${refused} refused`);
    }
    const grown = 1024 * (process.resourceUsage().maxRSS - started);
    if (grown > mostResident) findings.fail(`the process grew by ${grown} bytes`);
  },
};
