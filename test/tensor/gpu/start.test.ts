import { expect, it } from 'vitest';
import { DeviceError, device, setDevice } from '../../../src/index.js';

it('gpu starts, or says what is missing for WebGPU and for WebGL 2', async () => {
  const failure = await setDevice('gpu')?.catch((error: Error) => error);
  if (failure === undefined) {
    expect(device()).toBe('gpu');
    expect(device.info().description).toMatch(/^GPU.js on WebGPU: ./);
  } else {
    expect(failure).toBeInstanceOf(DeviceError);
    expect(failure.message).toMatch(/^gpu: expected .*WebGPU.*; expected WebGL 2/);
  }
});
