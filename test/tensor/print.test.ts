import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import type { Dtype, TypedArray } from '../../src/dtype.js';
import { describe as short } from '../../src/errors.js';
import { Parameter, tensor, zeros } from '../../src/index.js';
import type { Operand } from '../../src/tensor/backend.js';
import { registerBackend, setDeviceSync, withDevice } from '../../src/tensor/device.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { empty } from '../../src/tensor/run.js';
import { product, shapes, stream } from '../helpers/arbitraries.js';
import { distant } from '../helpers/distant.js';
import { tensorOf } from '../helpers/tensors.js';

/** The output of PyTorch. */
interface Golden {
  readonly cases: readonly {
    readonly dtype: Dtype;
    readonly shape: readonly number[];
    readonly values?: readonly (number | boolean | string)[];
    readonly ramp?: readonly [number, number];
    readonly text: string;
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/printing.json', import.meta.url), 'utf8'));

const special: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };

/** The values in the text of a tensor, which precede its shape and dtype. */
function valuesIn(text: string): string {
  return /^tensor\((.*?),\s+\([\d, ]*\) \w+\)$/s.exec(text)?.[1] ?? `no tensor: ${text}`;
}

describe('the text of a tensor', () => {
  it.each(golden.cases)('is that of PyTorch: $dtype $shape $text', ({ dtype, shape, values, ramp, text }) => {
    const numbers = ramp
      ? Array.from({ length: ramp[0] }, (_, k) => k * ramp[1])
      : (values ?? []).map((value) => (typeof value === 'string' ? special[value] : Number(value)));
    const booleans = dtype === 'bool' ? text.replaceAll('True', 'true').replaceAll('False', 'false') : text;
    for (const device of ['reference', 'cpu'] as const) {
      const t = tensor((dtype === 'float32' ? Float32Array : Float64Array).from(numbers as number[]), {
        shape,
        dtype,
        device,
      });
      withDevice(device, () => expect(valuesIn(`${t}`)).toBe(booleans));
    }
  });

  it('ends with the shape, the dtype and everything that is not the default', () => {
    expect(`${tensorOf([2, 2], [1, 2, 3, 4])}`).toBe('tensor([[1., 2.],\n        [3., 4.]], (2, 2) float32)');
    expect(String(tensorOf([], [3], 'int32'))).toBe('tensor(3, () int32)');
    expect(String(tensorOf([0, 3], [], 'uint8'))).toBe('tensor([], (0, 3) uint8)');
    expect(String(tensorOf([2], [1, 0], 'bool'))).toBe('tensor([ true, false], (2) bool)');
    expect(String(tensor([0.5], { requiresGrad: true }))).toBe('tensor([0.5000], (1) float32, requiresGrad: true)');
    expect(String(new Parameter(tensorOf([1], [2])))).toBe('tensor([2.], (1) float32, requiresGrad: true)');
    const away = tensor([1, 2], { device: 'cpu' });
    expect(String(away)).toBe('tensor([1., 2.], (2) float32 on cpu)');
    expect(withDevice('cpu', () => String(away))).toBe('tensor([1., 2.], (2) float32)');
  });

  it('has notes on a new line if the last line is full', () => {
    const x = tensorOf([2, 13], new Array(26).fill(1.5));
    expect(String(x).split('\n')).toEqual([
      'tensor([[1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,',
      '         1.5000, 1.5000, 1.5000, 1.5000],',
      '        [1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,',
      '         1.5000, 1.5000, 1.5000, 1.5000]], (2, 13) float32)',
    ]);
    expect(String(tensorOf([8], new Array(8).fill(1.5))).split('\n')).toEqual([
      'tensor([1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000],',
      '       (8) float32)',
    ]);
  });

  it('aligns numbers without digits', () => {
    expect(valuesIn(String(tensorOf([2], [Infinity, 0])))).toBe('[inf,  0.]');
    expect(valuesIn(String(tensorOf([2], [-0, 0])))).toBe('[-0.,  0.]');
    expect(valuesIn(String(tensorOf([2, 2], [1, Number.NaN, -Infinity, 3])))).toBe(
      '[[  1.,  nan],\n        [-inf,   3.]]',
    );
  });

  it('says how to read values that cannot be read synchronously', () => {
    const far = empty('empty', [2, 3], 'float32', distant);
    expect(String(far)).toBe('tensor((2, 3) float32 on distant, read it with await x.data())');
    expect(inspect(far)).toBe(String(far));
    withDevice('distant', () => expect(String(far)).toContain('on distant'));
  });

  it('says that a tensor was freed', () => {
    const x = scope(() => ({ of: new WeakRef(tensorOf([2], [1, 2])) })).of.deref();
    expect([String(x), inspect(x)]).toEqual(['tensor(freed, (2) float32)', 'tensor(freed, (2) float32)']);
  });

  it('of a large tensor reads and depends on only the printed values', () => {
    const reads: number[] = [];
    class Watched extends ReferenceBackend {
      override readSync(x: Operand<TypedArray>): TypedArray {
        reads.push(x.size);
        return super.readSync(x);
      }
    }
    registerBackend('watched', () => Object.assign(new Watched(), { name: 'watched' }));
    setDeviceSync('watched');
    try {
      const values = new Float32Array(1200).fill(1);
      values[500] = 1e-9;
      expect(String(tensor(values))).toBe('tensor([1., 1., 1.,  ..., 1., 1., 1.], (1200) float32)');
      expect(String(zeros([500, 2, 500]))).toContain('...');
      expect(reads).toEqual([3, 3, ...new Array(6 * 2 * 2).fill(3)]);
    } finally {
      setDeviceSync('reference');
    }
  });

  it('contains every number of a small tensor, in order and to four digits', () => {
    const kinds = fc.constantFrom(1, 1e-6, 1e7, 37.5);
    fc.assert(
      fc.property(shapes({ maxSize: 200 }), fc.nat({ max: 9999 }), kinds, (shape, seed, scale) => {
        const next = stream(seed);
        const size = product(shape);
        const values = Array.from({ length: size }, () => Math.fround((next() - 0.5) * scale));
        const text = valuesIn(String(tensorOf(shape, values)));
        const found = (text.match(/-?[\d.]+(e[-+]\d+)?/g) ?? []).map(Number);
        expect(found).toHaveLength(size);
        const largest = Math.max(0, ...values.map(Math.abs));
        found.forEach((number, i) => {
          const exponent = text.includes('e') ? 10 ** Math.floor(Math.log10(Math.max(Math.abs(values[i]), 1e-30))) : 1;
          expect(Math.abs(number - values[i])).toBeLessThanOrEqual(0.50001e-4 * exponent);
          expect(Math.abs(number)).toBeLessThanOrEqual(largest * 1.0001 + 1e-4);
        });
        const lines = text.split('\n').map((line) => line.trim());
        // brackets nest as deeply as the tensor
        expect(/^\[*/.exec(lines[0])?.[0].length).toBe(size === 0 ? 1 : shape.length);
      }),
    );
  });
});

describe('inspect', () => {
  const x = tensorOf([2, 2], [1, 2, 3, 4]);

  it('prints the text of a tensor', () => {
    expect(inspect(x)).toBe(String(x));
  });

  it('indents tensors inside arrays and objects', () => {
    expect(inspect([x, x])).toBe(
      [
        '[',
        '  tensor([[1., 2.],',
        '          [3., 4.]], (2, 2) float32),',
        '  tensor([[1., 2.],',
        '          [3., 4.]], (2, 2) float32)',
        ']',
      ].join('\n'),
    );
    expect(inspect({ n: tensorOf([], [5]) })).toBe('{ n: tensor(5., () float32) }');
    expect(inspect(new Map([['a', tensorOf([1], [5])]]))).toBe("Map(1) { 'a' => tensor([5.], (1) float32) }");
  });

  it('prints only shape and dtype beyond its depth', () => {
    expect(inspect({ a: { b: { c: x } } })).toBe('{ a: { b: { c: [Tensor(2, 2) float32 on reference] } } }');
    expect(inspect({ c: x }, { depth: 0 })).toBe('{ c: [Tensor(2, 2) float32 on reference] }');
    expect(inspect({ a: { b: { c: tensorOf([], [5]) } } }, { depth: null })).toContain('c: tensor(5., () float32)');
  });
});

describe('messages', () => {
  it('show the shape and dtype of a tensor, not its values', () => {
    expect(short(tensorOf([2, 3], [], 'int32'))).toBe('Tensor(2, 3) int32 on reference');
    expect(() => tensor([tensorOf([2], [1, 2])] as never)).toThrow(
      'tensor: expected numbers or booleans, got Tensor(2) float32 on reference',
    );
  });
});
