import { expect, it } from 'vitest';
import '../../src/entries/gpu.js';
import { device, setDevice } from '../../src/index.js';
import { describeGpu } from '../backends/gpu/describe.js';

describeGpu('webgpu', 10);

it('gpu uses WebGPU if available', async () => {
  await setDevice('gpu');
  expect(device.info()).toMatchObject({ name: 'gpu', description: expect.stringMatching(/^GPU.js on WebGPU: ./) });
  expect(device.info().fallback).toBeUndefined();
  await setDevice('cpu');
});
