import { expect, it } from 'vitest';
import { backendOf, device, registerBackend, setDevice } from '../../src/tensor/backend.js';
import { DeviceError, ValueError } from '../../src/tensor/errors.js';
import { ReferenceBackend } from '../../src/tensor/reference/backend.js';

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
