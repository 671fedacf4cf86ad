import { expect, it } from 'vitest';
import { ReferenceBackend } from '../../src/backends/reference/backend.js';
import { DeviceError, ValueError } from '../../src/errors.js';
import { backendOf, device, registerBackend, setDevice } from '../../src/tensor/device.js';

it('backends are known by name, started when first used, and started once', () => {
  expect(() => device()).toThrow('device: no backend is installed; import from antinode');
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

  setDevice('second');
  expect(device()).toBe('second');
  expect(backendOf()).toBe(backendOf('second'));
  expect(backendOf('second')).not.toBe(backendOf('first'));

  expect(() => setDevice('third')).toThrow("device: expected one of first, second, missing, got 'third'");
  expect(() => setDevice('missing')).toThrow('missing: expected a device, got none');
  expect(() => setDevice(3 as unknown as string)).toThrow(ValueError);
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
  expect(setDevice('slow')).toBeUndefined();
  await expect(setDevice('broken')).rejects.toThrow('broken: expected a device, got none');
  expect(device()).toBe('slow');
});

it('the last device asked for is the one, however long others take to start', async () => {
  registerBackend('slower', async () => new ReferenceBackend());
  const waiting = setDevice('slower');
  setDevice('second');
  await waiting;
  expect(device()).toBe('second');
  await setDevice('slower');
  expect(device()).toBe('slower');
});
