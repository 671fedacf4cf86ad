import './devices.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { shapes } from '../helpers/arbitraries.js';

const told = (t: a.Tensor) => [t.dtype, t.shape, Array.from(t.dataSync())];

describe('tensor', () => {
  it('accepts numbers, nested arrays and typed arrays', () => {
    expect(told(a.tensor(3))).toEqual(['float32', [], [3]]);
    expect(
      told(
        a.tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ),
    ).toEqual(['float32', [2, 3], [1, 2, 3, 4, 5, 6]]);
    expect(told(a.tensor([true, false]))).toEqual(['bool', [2], [1, 0]]);
    expect(told(a.tensor([[], []]))).toEqual(['float32', [2, 0], []]);
    expect(told(a.tensor(new Int32Array([1, 2]), { shape: [2, 1] }))).toEqual(['int32', [2, 1], [1, 2]]);
    expect(told(a.tensor(new Uint8ClampedArray([300]), {}))).toEqual(['uint8', [1], [255]]);
    expect(told(a.tensor(new Uint16Array([7])))).toEqual(['int32', [1], [7]]);
    expect(told(a.tensor(new Float64Array([0.5]), { dtype: 'int32' }))).toEqual(['int32', [1], [0]]);
    expect(told(a.tensor([1, 2, 3, 4], { shape: [2, 2] }))).toEqual(['float32', [2, 2], [1, 2, 3, 4]]);
  });

  it('restores a tensor from toArray', async () => {
    await fc.assert(
      fc.asyncProperty(shapes({ maxAxes: 4, maxSize: 40 }), async (shape) => {
        const filled = shape.map((length) => Math.max(1, length));
        const x = a.rand(filled);
        const y = a.tensor(await x.toArray());
        expect(told(y)).toEqual(told(x));
      }),
      { numRuns: 30 },
    );
  });

  it('copies its input', () => {
    const values = new Float32Array([1, 2]);
    const x = a.tensor(values);
    values[0] = 9;
    expect(told(x)).toEqual(['float32', [2], [1, 2]]);
  });

  it('makes leaves on request, on the given device', () => {
    const x = a.tensor([1], { requiresGrad: true, device: 'cpu' });
    expect([x.requiresGrad, x.isLeaf, x.device]).toEqual([true, true, 'cpu']);
    expect(a.tensor([1]).device).toBe('reference');
  });

  it('names ragged nesting and elements that are not numbers', () => {
    expect(() => a.tensor([[1, 2], [3]])).toThrow('tensor: expected lists of 2 at depth 1 of the nesting, got 1');
    expect(() => a.tensor([[1, 2], 3])).toThrow('tensor: expected lists of 2 at depth 1 of the nesting, got 3');
    expect(() => a.tensor([1, [2]])).toThrow('tensor: expected numbers at depth 1 of the nesting, got a list of 1');
    expect(() => a.tensor(['1' as unknown as number])).toThrow("tensor: expected numbers or booleans, got '1'");
    expect(() => a.tensor([1, 2, 3], { shape: [2, 2] })).toThrow('tensor: expected 4 values for (2, 2), got 3');
    expect(() => a.tensor([1], { dtype: 'float64' as 'float32' })).toThrow(
      "tensor: expected option dtype to be 'bool' or 'uint8'",
    );
    expect(() => a.tensor([1], { device: 'tpu' })).toThrow(
      "device: expected one of cpu, reference, gpu, gpu:webgpu, gpu:webgl2, gpu:webasm, gpu:cpu, got 'tpu'",
    );
  });
});

describe('constants and ranges', () => {
  it('have the natural or the requested dtype', () => {
    expect(told(a.zeros([1, 2]))).toEqual(['float32', [1, 2], [0, 0]]);
    expect(told(a.ones(2, { dtype: 'int32' }))).toEqual(['int32', [2], [1, 1]]);
    expect(told(a.full([2], true))).toEqual(['bool', [2], [1, 1]]);
    expect(told(a.full([], 2.5))).toEqual(['float32', [], [2.5]]);
    expect(told(a.zerosLike(a.ones([2], { dtype: 'uint8' })))).toEqual(['uint8', [2], [0, 0]]);
    expect(told(a.onesLike(a.zeros([1])))).toEqual(['float32', [1], [1]]);
    expect(a.empty([3, 0]).shape).toEqual([3, 0]);
    expect(told(a.eye(2, 3))).toEqual(['float32', [2, 3], [1, 0, 0, 0, 1, 0]]);
    expect(told(a.arange(3))).toEqual(['int32', [3], [0, 1, 2]]);
    expect(told(a.arange(5, 0, -2))).toEqual(['int32', [3], [5, 3, 1]]);
    expect(told(a.arange(0, 1, 0.25))).toEqual(['float32', [4], [0, 0.25, 0.5, 0.75]]);
    expect(told(a.arange(2, { dtype: 'float32' }))).toEqual(['float32', [2], [0, 1]]);
    expect(told(a.arange(3, 1))).toEqual(['int32', [0], []]);
    expect(told(a.linspace(0, 1, 5))).toEqual(['float32', [5], [0, 0.25, 0.5, 0.75, 1]]);
    expect(told(a.linspace(3, 9, 1))).toEqual(['float32', [1], [3]]);
  });

  it('name invalid arguments', () => {
    expect(() => a.zeros([2, -1])).toThrow('zeros: expected a shape of integers, got (2, -1)');
    expect(() => a.arange(0, 1, 0)).toThrow('arange: expected finite numbers and a step other than 0, got 0, 1, 0');
    expect(() => a.linspace(0, 1, 1.5)).toThrow('linspace: expected count to be an integer >= 0, got 1.5');
    expect(() => a.zeros([1], { dtype: 'int32', requiresGrad: true })).toThrow('requiresGrad: expected float32');
  });
});

describe('random tensors', () => {
  it('repeat with the seed, and are the same on every device', () => {
    const draw = (device: string) => {
      a.manualSeed(7);
      return [a.rand([5], { device }), a.randint(3, 9, [7], { device }), a.randperm(6, { device })].map(told);
    };
    expect(draw('reference')).toEqual(draw('cpu'));
    expect(draw('cpu')).toEqual(draw('cpu'));
    const normal = (device: string) => {
      a.manualSeed(7);
      return a.randn([100], { device }).dataSync();
    };
    const [x, y] = [normal('reference'), normal('cpu')];
    x.forEach((value, i) => {
      expect(Math.abs(value - y[i])).toBeLessThan(1e-5);
    });
  });

  it('have the distribution that they are named after', () => {
    a.manualSeed(1);
    const u = a.rand([20000]);
    const n = a.randn([20000]);
    const k = a.randint(5, [20000]);
    expect(Math.abs(a.mean(u).itemSync() - 0.5)).toBeLessThan(0.01);
    expect(Math.abs(a.variance(u).itemSync() - 1 / 12)).toBeLessThan(0.003);
    expect(Math.abs(a.mean(n).itemSync())).toBeLessThan(0.03);
    expect(Math.abs(a.variance(n).itemSync() - 1)).toBeLessThan(0.05);
    expect(k.dtype).toBe('int32');
    expect(new Set(k.dataSync())).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(Array.from(a.randperm(50).dataSync()).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it('accept options and a separate stream', () => {
    const generator = new a.Generator(3);
    const x = a.randn([2], { generator, requiresGrad: true });
    expect([x.requiresGrad, generator.state().counter]).toEqual([true, 1]);
    expect(a.randint(4, [2], { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => a.randint(3, 3, [1])).toThrow('randint: expected integers low < high from -2^31 to 2^31, got 3 and 3');
    expect(() => a.randperm(-1)).toThrow('randperm: expected n to be an integer >= 0, got -1');
  });
});

describe('devices', () => {
  it('are switched by name', () => {
    expect(a.device()).toBe('reference');
    a.setDeviceSync('cpu');
    expect([a.zeros([1]).device, a.device.info().name]).toEqual(['cpu', 'cpu']);
    a.setDeviceSync('reference');
  });

  it('do not mix in operations, and to() moves values and gradients between them', () => {
    const x = a.tensor([1, 2], { requiresGrad: true });
    const y = a.ones([2], { device: 'cpu' });
    expect(() => a.add(x, y)).toThrow('add: expected all tensors on reference, got one on cpu');
    const z = a.mul(x.to('cpu'), 3);
    expect([z.device, ...z.dataSync()]).toEqual(['cpu', 3, 6]);
    z.sum().backward();
    expect([x.grad?.device, ...(x.grad?.dataSync() ?? [])]).toEqual(['reference', 3, 3]);
    expect(x.to('reference')).toBe(x);
    expect(told(x.to('int32'))).toEqual(['int32', [2], [1, 2]]);
  });
});
