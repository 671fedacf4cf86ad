import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx/index.js';
import { decode } from '../../src/onnx/proto/decode.js';
import { encode } from '../../src/onnx/proto/encode.js';
import { type Field, type Given, type Message, modelMessage } from '../../src/onnx/proto/schema.js';
import { Dice } from '../soak/attack.js';
import { mutated } from '../soak/hostile-files.js';
import { changedContent } from './changed-content.js';
import { fileOf } from './files.js';
import { operatorCases } from './operator-cases.js';

/** Files that are accepted before they are changed. */
const files: Uint8Array[] = operatorCases.map(({ graph }) => fileOf(graph));

beforeAll(async () => {
  await a.setDevice('reference');
  files.push(await exportOnnx(a.nn.models.resnet18({ width: 1 }), [1, 3, 8, 8], { dynamicBatch: true }));
  files.push(await exportOnnx(new a.nn.LSTM(3, 2, { bidirectional: true }), [4, 2, 3]));
});

/** Imports what may be a file; anything but a FileError fails the test. */
async function tried(bytes: Uint8Array): Promise<void> {
  try {
    (await importOnnx(bytes)).dispose();
  } catch (error) {
    if (!(error instanceof a.FileError)) throw error;
  }
}

describe('a changed file', () => {
  it('is imported or rejected with the reason', async () => {
    const inputs = fc.tuple(fc.nat(files.length - 1), fc.nat(2 ** 31 - 1));
    await fc.assert(
      fc.asyncProperty(inputs, ([file, seed]) => tried(mutated(new Dice(seed), files[file]))),
      { numRuns: 3000 },
    );
  });

  it('is imported and run, or rejected with the reason, if its content is changed', async () => {
    let accepted = 0;
    const inputs = fc.tuple(fc.constantFrom(...operatorCases), fc.nat(2 ** 31 - 1));
    await fc.assert(
      fc.asyncProperty(inputs, async ([{ graph, inputs: given }, seed]) => {
        const content = changedContent(new Dice(seed), decode('file', modelMessage, fileOf(graph)));
        try {
          const model = await importOnnx(encode(modelMessage, content as Given<typeof modelMessage>));
          a.scope(() => {
            const tensors = Object.values(given).map(({ type, shape, values }) => {
              return a.tensor(Float64Array.from(values), { shape, dtype: type === 'int64' ? 'int32' : type });
            });
            model.forwardAll(...model.inputNames.map((_, i) => tensors[i % tensors.length]));
          });
          model.dispose();
          accepted++;
        } catch (error) {
          if (!(error instanceof a.AntinodeError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it('is imported or rejected with the reason wherever it is cut', async () => {
    const bytes = files[files.length - 1];
    for (let length = 0; length < bytes.length; length++) await tried(bytes.subarray(0, length));
    await expect(importOnnx(bytes.subarray(0, bytes.length - 200))).rejects.toThrow(a.FileError);
    await expect(importOnnx(new Uint8Array(0))).rejects.toThrow('bytes: expected an ONNX model with a graph, got none');
  });

  it('is rejected if it is something else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await expect(importOnnx(bytes)).rejects.toThrow(a.FileError);
      }),
      { numRuns: 300 },
    );
  });
});

/** Random content of messages. */
function contents(message: Message, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const values = ({ kind }: Field): fc.Arbitrary<unknown> => {
    if (kind === 'int32') return fc.integer();
    if (kind === 'int64') return fc.maxSafeInteger();
    if (kind === 'float') return fc.float();
    if (kind === 'string') return fc.string({ unit: 'binary', maxLength: 40 });
    if (kind === 'bytes' || kind === 'numbers') return fc.uint8Array({ maxLength: 200 });
    return contents(kind, depth + 1);
  };
  const entries = Object.entries(message.fields).map(([name, field]) => {
    const value = values(field);
    const shallow = depth < 4 ? 3 : 0;
    return [name, field.repeated ? fc.array(value, { maxLength: shallow }) : fc.option(value, { nil: undefined })];
  });
  return fc.record(Object.fromEntries(entries));
}

describe('a message', () => {
  it('comes back from its bytes', () => {
    fc.assert(
      fc.property(contents(modelMessage), (content) => {
        expect(decode('file', modelMessage, encode(modelMessage, content))).toEqual(content);
      }),
      { numRuns: 100 },
    );
  });

  it('may have packed numbers, fields of newer versions, and groups', () => {
    const node = Uint8Array.of(0x2a, 8, 0x0a, 1, 0x61, 0x42, 3, 1, 2, 0x7f);
    const bytes = Uint8Array.of(
      0x3a,
      2 + node.length,
      0x0a,
      node.length,
      ...node,
      0x98,
      0x06,
      5,
      0xa3,
      0x06,
      0xa4,
      0x06,
    );
    const { graph } = decode('file', modelMessage, bytes);
    expect(graph?.node[0].attribute[0]).toMatchObject({ name: 'a', ints: [1, 2, 127] });
  });

  it.each<[string, number[], RegExp]>([
    [
      'a length beyond its end',
      [0x3a, 5, 1],
      /^file: expected a field of ModelProto\.graph before byte 2, got a length of 5 bytes where 1 are left$/,
    ],
    [
      'a length beyond the message around it',
      [0x3a, 2, 0x0a, 5, 1, 1, 1, 1, 1],
      /graph\.node\[0\].*a length of 5 bytes where 0 are left/,
    ],
    ['text beyond the message around it', [0x3a, 2, 0x12, 5, 1, 1, 1, 1, 1], /graph\.name.*longer than the message/],
    ['text that is not UTF-8', [0x12, 2, 0xc0, 0xff], /ModelProto\.producerName/],
    ['a number in place of a message', [0x38, 1], /ModelProto\.graph.*wire type 0/],
    ['a message in place of a number', [0x0a, 1, 1], /ModelProto\.irVersion.*wire type 2/],
    ['a number without an end', [0x08, 0xff, 0xff], /ModelProto\.irVersion/],
    ['the field 0', [0x00, 0x01], /illegal tag/],
    ['groups without an end', new Array(200).fill(0xa3).flatMap((tag) => [tag, 0x06]), /ModelProto/],
  ])('is rejected if it has %s', (_, bytes, message) => {
    const act = () => decode('file', modelMessage, Uint8Array.from(bytes));
    expect(act).toThrow(message);
    expect(act).toThrow(a.FileError);
  });

  it('is rejected if it has very many fields', () => {
    const bytes = new Uint8Array(2 * 1_000_010).fill(0);
    // nodes without content
    for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x0a;
    const head = [0x3a, ...[0, 7, 14, 21].map((shift, i) => ((bytes.length >> shift) & 127) | (i < 3 ? 128 : 0))];
    expect(() => decode('file', modelMessage, Uint8Array.from([...head, ...bytes]))).toThrow(
      'got more than 1000000 fields',
    );
  });
});
