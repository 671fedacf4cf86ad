import { describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import { type GpuRuntime, startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { device, ones, setDevice } from '../../../src/index.js';
import { registerBackend } from '../../../src/tensor/device.js';

/** Loses the device, as if its driver restarted. */
function lose({ device, gpu }: GpuRuntime): void {
  if (device) (device as unknown as { destroy(): void }).destroy();
  else {
    const { context } = gpu as unknown as { readonly context: WebGL2RenderingContext };
    context.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** Tests the loss of the device of `gpu:mode`. Must run last, because other WebGPU backends share the device. */
export function describeDeviceLoss(mode: 'webgpu' | 'webgl2'): void {
  const name = `gpu:doomed ${mode}`;
  const hosts: GpuRuntime[] = [];
  registerBackend(name, async () => {
    const { GPU } = await loadLibrary();
    hosts.push(await startRuntime(new GPU({ mode }), mode));
    return new GpuBackend(name, hosts[hosts.length - 1]);
  });

  describe(`gpu:${mode} after device loss`, () => {
    it('rejects current and later reads, and starts again when it is set again', async () => {
      await setDevice(name);
      const x = ones([64, 64]);
      expect((await x.sum().data())[0]).toBe(4096);
      let y = x;
      for (let i = 0; i < 40; i++) y = y.matmul(x).mul(1 / 64);
      const underWay = y.data();
      const waiting = device.synchronize();
      const outcomes = Promise.allSettled([underWay, waiting]);
      lose(hosts[0]);
      const [read, done] = await outcomes;
      for (const outcome of [read, done]) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: {
            name: 'DeviceError',
            message: expect.stringMatching(/^gpu: the device was lost \(.+\); its tensors/),
          },
        });
      }
      await expect(x.data()).rejects.toThrow('gpu: the device was lost');
      expect(() => ones([2])).toThrow(`expected await setDevice('${name}')`);
      await setDevice(name);
      expect([...(await ones([2]).add(1).data())]).toEqual([2, 2]);
      expect(hosts).toHaveLength(2);
      await setDevice('cpu');
    });
  });
}
