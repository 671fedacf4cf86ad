import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as a from '../../src/index.js';

const x = () => a.tensor([1.5, -2.5, 3]);
const numbers = (t: a.Tensor) => Array.from(t.dataSync());

/** Calls with an argument of a wrong type, as in JavaScript, and the message of each error. */
const wrongCalls: readonly (readonly [string, () => unknown])[] = [
  ["cast: expected dtype to be 'bool' or 'uint8' or", () => a.cast(x(), 'float64' as 'float32')],
  ['to: expected one of bool, uint8, int32, float32, cpu, reference, gpu', () => x().to('float64' as never)],
  ['to: expected dtype or device to be', () => x().to(1 as unknown as 'cpu')],
  ['to: expected a tensor, got undefined', () => a.to(undefined as never, 'cpu')],
  ['linspace: expected a number as end, got', () => a.linspace(0, Symbol('end') as never, 3)],
  ['clamp: expected a tensor, got null', () => a.clamp(null as never, null)],
  ['batchify: expected integers as word numbers, got 2 at 1', () => a.data.batchify([1, 2n, 3] as never, 1)],
  [
    'Vocabulary: expected numbers from 0 to 1, got',
    () => new a.data.Vocabulary(['a', 'b']).decode([{ toString: null }] as never),
  ],
  [
    'Vocabulary: expected a name of the text, got',
    () => new a.data.Vocabulary(['a', 'b']).encode('c', { toString: null } as never),
  ],
  ['slice: expected [start, stop, step] of integers', () => a.slice(x(), [[Object.create(null)]] as never)],
  ['ResNet: expected a class of blocks, got', () => new a.nn.models.ResNet((() => {}) as never, [1, 1, 1, 1])],
  ['ResNet: expected a class of blocks, got 7', () => new a.nn.models.ResNet(7 as never, [1, 1, 1, 1])],
  ['out of memory', () => a.oneHot(a.tensor([], { shape: [0], dtype: 'int32' }), 2 ** 53 - 1)],
  ['slice: expected a list [start, stop, step] or null for each axis', () => a.slice(x(), [1] as never)],
  ['clamp: expected low to be a number or null', () => a.clamp(x(), undefined as never)],
  ['clamp: expected low to be a number or null', () => a.clamp(x(), {} as never)],
  ['clamp: expected low to be a number or null', () => a.clamp(x(), Number.NaN)],
  ['clamp: expected limits low <= high', () => a.clamp(x(), null)],
  ['pad: expected a list of widths', () => a.pad(x(), 1 as never)],
  ['pad: expected value to be a number', () => a.pad(x(), [1, 1], '0' as never)],
  ['matmul: expected a tensor, got [1]', () => a.matmul(x(), [1] as never)],
  ['cat: expected a list of tensors', () => a.cat(x() as never)],
  ['stack: expected a tensor, got 1', () => a.stack([x(), 1] as never)],
  ['gather: expected an integer index, got 0', () => a.gather(x(), 0, 0 as never)],
  ['Parameter: expected a tensor, got [1, 2]', () => new a.Parameter([1, 2] as never)],
  ['formula: expected a text, got 1', () => a.formula(1 as never, { tensors: [] })],
  ['formula: expected {', () => a.formula('y = x', ['x', 'y'] as never)],
  [
    "formula: expected { tensors: ['x', ...], scalars: [...] }, got tensor:",
    () => a.formula('y = x', { tensor: ['x'] } as never),
  ],
  ['elementwise: expected what formula() returned', () => a.elementwise('y = x' as never, {} as never)],
];

describe('arguments of a wrong type', () => {
  it('are rejected with an error that names the operation and the argument', () => {
    for (const [message, call] of wrongCalls) {
      expect(call, message).toThrow(a.AntinodeError);
      expect(call).toThrow(message);
    }
  });

  it('do not affect later calls', () => {
    expect(() => a.cast(x(), 'float64' as 'float32')).toThrow();
    expect(numbers(x().clone())).toEqual([1.5, -2.5, 3]);
    expect(numbers(x().to('int32'))).toEqual([1, -2, 3]);
  });
});

describe('layers without bias', () => {
  it('have bias null in their types', () => {
    const lstm = new a.nn.LSTM(2, 3, { bias: false });
    const cell = new a.nn.GRUCell(2, 3, { bias: false });
    expect(lstm.bias_ih_l0).toBeNull();
    expect(cell.bias_hh).toBeNull();
    expectTypeOf(lstm.bias_ih_l0).toEqualTypeOf<null>();
    expectTypeOf(cell.bias_hh).toEqualTypeOf<null>();
    expectTypeOf(new a.nn.RNN(2, 3).bias_hh_l0).toEqualTypeOf<a.Parameter>();
  });
});

describe('copies between parameters', () => {
  it('cross devices', async () => {
    await a.setDevice('cpu');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 9 }), async (values) => {
        const p = new a.Parameter(a.zeros([values.length]));
        const other = a.tensor(values, { device: 'reference' });
        p.assign(other);
        expect(numbers(p)).toEqual(numbers(other));
      }),
    );
  });
});
