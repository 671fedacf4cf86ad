import { afterEach, describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import { startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { formula } from '../../../src/formula/formula.js';
import {
  device,
  manualSeed,
  memory,
  nn,
  optim,
  rand,
  randint,
  randn,
  scope,
  setDevice,
  tensor,
} from '../../../src/index.js';
import { operandOn } from '../../helpers/operands.js';
import { countObjects } from './count-objects.js';

const doubled = formula('y = 2 * x', { tensors: ['x', 'y'] });

/** A network of the usual layers: convolution, normalisation, pooling, dropout and linear. */
function smallNetwork() {
  return new nn.Sequential(
    new nn.Conv2d(1, 3, 3, { padding: 1 }),
    new nn.BatchNorm2d(3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(0.25),
    new nn.Linear(27, 4),
  );
}

/** Trains for a hundred steps in a mode of GPU.js and checks what remains on the device. */
export function describeMemory(mode: GpuMode): void {
  const name = `gpu:${mode}`;
  const remote = mode === 'webgpu' || mode === 'webgl2';
  afterEach(() => setDevice('cpu'));

  describe(`training on ${name}`, () => {
    it('compiles one kernel for slices of one shape, wherever they start', async () => {
      await setDevice(name);
      const x = randn([24, 3]);
      const slice = async (from: number) => {
        const part = x.slice([[from, from + 2]]);
        const [values, all] = await Promise.all([part.data(), x.data()]);
        expect([...values]).toEqual([...all].slice(3 * from, 3 * from + 6));
        part.dispose();
        return (await device.counters(name))?.kernels;
      };
      const first = await slice(1);
      for (const from of [2, 5, 11, 22]) expect(await slice(from)).toBe(first);
      x.dispose();
    });

    it('destroys unused kernels, but no values', async () => {
      const { GPU } = await loadLibrary();
      const maxKernels = 3;
      const backend = new GpuBackend(`few kernels of ${mode}`, {
        ...(await startRuntime(new GPU({ mode }), mode)),
        maxKernels,
      });
      const sizes = Array.from({ length: 9 }, (_, i) => i + 1);
      const twice = (size: number) => {
        const x = operandOn(backend, [size], Array(size).fill(size));
        const y = operandOn(backend, [size], []);
        backend.map(doubled, { x, y }, {});
        backend.release(x.handle);
        return y;
      };
      const objects = await countObjects(mode);
      const left: number[] = [];
      // every size needs a separate kernel
      for (let round = 0; round < 3; round++) {
        const made = sizes.map(twice);
        for (const y of made) expect([...(await backend.read(y))]).toEqual(Array(y.size).fill(2 * y.size));
        for (const { handle } of made) backend.release(handle);
        await backend.synchronize();
        left.push(objects.live);
      }
      objects.stop();
      expect(left[2]).toBe(left[1]);
      const last = twice(10);
      expect([...(await backend.read(last))]).toEqual(Array(10).fill(20));
      backend.release(last.handle);
      expect((await backend.counters()).kernels).toBeLessThanOrEqual(maxKernels);
      expect((await backend.counters()).buffers).toBe(0);
    });

    if (remote) {
      it('keeps a bounded number of buffers for copies to and from the device', async () => {
        await setDevice(name);
        const objects = await countObjects(mode);
        const left: number[] = [];
        for (let round = 0; round < 2; round++) {
          for (let i = 0; i < 20; i++) {
            // a different size each time
            const size = 2 ** 20 + 4 * (20 * round + i);
            const x = tensor(new Float32Array(size).fill(i));
            expect((await x.data())[size - 1]).toBe(i);
            x.dispose();
            rand([size]).dispose();
          }
          await device.synchronize();
          left.push(objects.live);
        }
        objects.stop();
        // the kernel of each size may keep its numbers, but no tensors
        expect(left[1]).toBeLessThanOrEqual(left[0] + 22);
        const { bytes = 0 } = (await device.counters(name)) ?? {};
        expect(bytes).toBeLessThanOrEqual(2 * 64 * 2 ** 20);
      });
    }

    it('uses no more after step 100 than after step 3', async () => {
      await setDevice(name);
      const objects = await countObjects(mode);
      manualSeed(3);
      const model = smallNetwork();
      const optimizer = new optim.AdaPNM(model.parameters());
      const parameters = model.parameters().length;
      const step = async () => {
        const loss = scope(() => {
          const [x, y] = [randn([4, 1, 6, 6]), randint(4, [4])];
          optimizer.zeroGrad();
          const made = nn.functional.crossEntropy(model.forward(x), y);
          made.backward();
          optimizer.step();
          return made;
        });
        expect(await loss.item()).toBeGreaterThan(0);
        loss.dispose();
      };
      const held = async () => {
        const { tensors, bytes } = memory(name);
        const { buffers = 0, kernels = 0 } = (await device.counters(name)) ?? {};
        return { tensors, bytes, buffers, kernels, objects: objects.live };
      };
      for (let i = 0; i < 3; i++) await step();
      const early = await held();
      for (let i = 3; i < 100; i++) await step();
      const late = await held();
      objects.stop();
      optimizer.dispose();
      model.dispose();
      expect(late).toEqual(early);
      // at least a parameter, its gradient and its slots
      const least = 4 * parameters;
      expect(early.tensors).toBeGreaterThan(least);
      expect(early.kernels).toBeGreaterThan(0);
      if (!remote) return;
      expect(early.buffers).toBeGreaterThan(least);
      expect(early.objects).toBeGreaterThan(0);
    });
  });
}
