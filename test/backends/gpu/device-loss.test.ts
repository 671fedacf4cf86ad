import { describe, expect, it } from 'vitest';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import { DeviceLoss } from '../../../src/backends/gpu/device/device-loss.js';
import { type GpuRuntime, startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { DeviceError } from '../../../src/errors.js';
import { backendOf, device, registerBackend, setDevice } from '../../../src/tensor/device.js';
import { operandOn } from '../../helpers/operands.js';

const gone = /^gpu: the device was lost \(driver restarted\); its tensors are gone. await setDevice again/;

async function host(): Promise<GpuRuntime> {
  const { GPU } = await loadLibrary();
  return startRuntime(new GPU({ mode: 'cpu' }), 'cpu');
}

describe('a device that is lost', () => {
  it('rejects all current and later work with the first reason', async () => {
    const loss = new DeviceLoss();
    const waiting = loss.race(() => new Promise(() => {}));
    loss.report('driver restarted');
    loss.report('another reason');
    await expect(waiting).rejects.toThrow(gone);
    let begun = false;
    const later = loss.race(() => {
      begun = true;
    });
    await expect(later).rejects.toThrow(gone);
    await expect(later).rejects.toBeInstanceOf(DeviceError);
    expect(begun).toBe(false);
  });

  it('replaces the errors that the loss causes', async () => {
    const loss = new DeviceLoss();
    const failing = loss.race(async () => {
      // the loss is reported after the failure
      setTimeout(() => loss.report('driver restarted'));
      throw new Error('mapAsync was aborted');
    });
    await expect(failing).rejects.toThrow(gone);
    await expect(new DeviceLoss().race(() => Promise.reject(new Error('out of range')))).rejects.toThrow(
      'out of range',
    );
    const thrown = new DeviceLoss().race(() => {
      throw new Error('no shader');
    });
    await expect(thrown).rejects.toThrow('no shader');
  });

  it('is detected by polling', async () => {
    let away = false;
    const loss = new DeviceLoss(() => (away ? 'the context of WebGL' : null));
    await expect(loss.race(() => 1)).resolves.toBe(1);
    const nothing = loss.race(() => {
      away = true;
      return 0;
    });
    await expect(nothing).rejects.toThrow('gpu: the device was lost (the context of WebGL)');
    expect(loss.reason).not.toBeNull();
  });

  it('rejects reads of its tensors and synchronization', async () => {
    const { loss, ...rest } = await host();
    const backend = new GpuBackend('gpu:cpu', { ...rest, loss });
    const x = operandOn(backend, [2], [1, 2]);
    const y = operandOn(backend, [2], [0, 0]);
    expect([...(await backend.read(x))]).toEqual([1, 2]);
    loss.report('driver restarted');
    backend.copy(x, y, { shape: [2], fromOffset: 0, fromStrides: [1], toOffset: 0, toStrides: [1] });
    await expect(backend.read(y)).rejects.toThrow(gone);
    await expect(backend.synchronize()).rejects.toThrow(gone);
  });

  it('is replaced by a new one when it is requested again', async () => {
    const hosts: GpuRuntime[] = [];
    registerBackend('gpu:fragile', async () => {
      hosts.push(await host());
      return new GpuBackend('gpu:fragile', hosts[hosts.length - 1]);
    });
    await setDevice('gpu:fragile');
    const first = backendOf();
    await setDevice('gpu:fragile');
    expect(backendOf()).toBe(first);
    hosts[0].loss.report('driver restarted');
    expect(() => device.info()).toThrow(/expected await setDevice\('gpu:fragile'\)/);
    await setDevice('gpu:fragile');
    expect(backendOf()).not.toBe(first);
    expect(hosts).toHaveLength(2);
  });
});

describe('limits of a device', () => {
  it('reject tensors and kernels that do not fit, when they are read', async () => {
    const backend = new GpuBackend('gpu:cpu', { ...(await host()), maxInputs: 1, maxBytes: 16 });
    const [a, b] = [operandOn(backend, [2, 2], [1, 2, 3, 4]), operandOn(backend, [2, 2], [1, 0, 0, 1])];
    const out = operandOn(backend, [2, 2], [0, 0, 0, 0]);
    backend.matmul(a, b, out);
    await expect(backend.read(out)).rejects.toThrow(
      'gpu: expected at most 1 tensors for one kernel on this device, got 2',
    );
    const large = operandOn(backend, [5], [0, 0, 0, 0, 0]);
    backend.random(large, { kind: 'uniform', low: 0, high: 1 }, { seed: 1, counter: 0 });
    await expect(backend.read(large)).rejects.toThrow(
      'gpu: expected tensors of at most 16 bytes on this device, got 20',
    );
  });
});
