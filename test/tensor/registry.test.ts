import { expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import { DeviceError, ValueError } from '../../src/errors.js';
import { backendOf, device, registerBackend, setDevice, setDeviceSync, withDevice } from '../../src/tensor/device.js';

it('backends are known by name, started when first used, and started once', async () => {
  expect(() => device()).toThrow('device: expected a registered backend, got none; import from antinode');
  let started = 0;
  registerBackend('first', () => {
    started++;
    return new ReferenceBackend();
  });
  registerBackend('second', () => new ReferenceBackend());
  registerBackend('missing', () => {
    throw new DeviceError('missing: expected a device, got none');
  });
  expect([device(), started]).toEqual(['first', 0]);
  expect(backendOf()).toBe(backendOf('first'));
  expect(started).toBe(1);

  setDeviceSync('second');
  expect(device()).toBe('second');
  expect(backendOf()).toBe(backendOf('second'));
  expect(backendOf('second')).not.toBe(backendOf('first'));

  const unknown = "device: expected one of first, second, missing, got 'third'";
  expect(() => setDeviceSync('third')).toThrow(unknown);
  expect(() => setDeviceSync('missing')).toThrow('missing: expected a device, got none');
  expect(() => setDeviceSync(3 as unknown as string)).toThrow(ValueError);
  await expect(setDevice('third')).rejects.toThrow(unknown);
  await expect(setDevice('missing')).rejects.toThrow('missing: expected a device, got none');
  await expect(setDevice(3 as unknown as string)).rejects.toThrow('setDevice: expected a name, got 3');
  expect(device()).toBe('second');
});

it('backends that take a while to start are awaited', async () => {
  const slow = new ReferenceBackend();
  let started = 0;
  registerBackend('slow', async () => {
    started++;
    return slow;
  });
  registerBackend('broken', async () => {
    throw new DeviceError('broken: expected a device, got none');
  });
  const before = device();
  expect(() => backendOf('broken')).toThrow(DeviceError);
  const waiting = setDevice('slow');
  expect(device()).toBe(before);
  await waiting;
  expect([device(), backendOf('slow'), started]).toEqual(['slow', slow, 1]);
  setDeviceSync('first');
  setDeviceSync('slow');
  expect(device()).toBe('slow');
  expect(await setDevice('slow')).toBeUndefined();
  await expect(setDevice('broken')).rejects.toThrow('broken: expected a device, got none');
  expect(device()).toBe('slow');
});

it('the last device requested wins, however long others take to start', async () => {
  registerBackend('slower', async () => new ReferenceBackend());
  const waiting = setDevice('slower');
  setDeviceSync('second');
  await waiting;
  expect(device()).toBe('second');
  await setDevice('slower');
  expect(device()).toBe('slower');
});

it('a device that takes a while to start cannot be set synchronously', async () => {
  registerBackend('tardy', async () => new ReferenceBackend());
  const before = device();
  expect(() => setDeviceSync('tardy')).toThrow(DeviceError);
  registerBackend('later', async () => new ReferenceBackend());
  expect(() => setDeviceSync('later')).toThrow("expected await setDevice('later')");
  expect(device()).toBe(before);
  await setDevice('later');
  expect(device()).toBe('later');
});

it('a device that starts synchronously is set before the promise resolves', async () => {
  const waiting = setDevice('first');
  expect(device()).toBe('first');
  await waiting;
});

it('withDevice changes the default device while a function runs', async () => {
  setDeviceSync('first');
  expect(withDevice('second', device)).toBe('second');
  expect(device()).toBe('first');
  const fail = () => {
    throw new Error(device());
  };
  expect(() => withDevice('second', fail)).toThrow('second');
  expect(device()).toBe('first');
  const waiting = setDevice('slower');
  withDevice('second', () => {});
  await waiting;
  expect(device()).toBe('slower');
  expect(() => withDevice('third', device)).toThrow(DeviceError);
});
