import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import type { GpuDevice } from '../../../src/backends/gpu/device/gpu-js.js';
import { type GpuRuntime, startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { DeviceError, OutOfMemoryError, ones, setDevice, type Tensor, tensor } from '../../../src/index.js';
import { registerBackend } from '../../../src/tensor/device.js';

const tooLarge = 2 ** 50;

/** Makes the device fail while `work` runs, in a way that only the device itself detects. */
function failing<T>({ device, gpu }: GpuRuntime, work: () => Promise<T>): Promise<T> {
  if (!device) {
    const { context } = gpu as unknown as { readonly context: WebGL2RenderingContext };
    context.enable(0xffff);
    return work();
  }
  const { createBuffer } = device;
  const devices = device as { createBuffer: GpuDevice['createBuffer'] };
  devices.createBuffer = (descriptor) => createBuffer.call(device, { ...descriptor, size: tooLarge });
  return work().finally(() => {
    devices.createBuffer = createBuffer;
  });
}

/** Tests commands that the device of `gpu:mode` fails to execute: it only records the fault and returns zeros. */
export function describeFaults(mode: 'webgpu' | 'webgl2'): void {
  const name = `gpu:faulty ${mode}`;
  let host: GpuRuntime;

  describe(`gpu:${mode} with a failing device`, () => {
    let x: Tensor;
    beforeAll(async () => {
      registerBackend(name, async () => {
        const { GPU } = await loadLibrary();
        host = await startRuntime(new GPU({ mode }), mode);
        return new GpuBackend(name, host);
      });
      await setDevice(name);
      x = ones([4]).add(1);
      expect([...(await x.data())]).toEqual([2, 2, 2, 2]);
    });
    beforeEach(() => setDevice(name));
    afterAll(() => setDevice('cpu'));

    it('rejects the read that detects it, and reads of everything made meanwhile', async () => {
      const y = await failing(host, async () => {
        const made = ones([3, 5]).mul(3);
        await expect(made.sum().data()).rejects.toThrow(/^gpu: expected .* got/);
        return made;
      });
      const reason = (await y.data().catch((error: Error) => error)) as Error;
      expect(reason instanceof DeviceError || reason instanceof OutOfMemoryError).toBe(true);
      await expect(y.mul(2).data()).rejects.toBe(reason);
    });

    it('keeps what was made before, and continues', async () => {
      expect([...(await x.data())]).toEqual([2, 2, 2, 2]);
      expect([...(await ones([3, 5]).mul(3).sum().data())]).toEqual([45]);
    });

    it('compiles again what was compiled meanwhile', async () => {
      const add = () => tensor([1, 2, 3, 4, 5, 6, 7]).add(1).data();
      await expect(failing(host, add)).rejects.toThrow(/^gpu: expected/);
      expect([...(await add())]).toEqual([2, 3, 4, 5, 6, 7, 8]);
    });
  });
}
