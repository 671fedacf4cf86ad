import { expect, it, vi } from 'vitest';
import '../../src/entries/gpu.js';
import { device, ones, setDevice } from '../../src/index.js';
import { describeGpu } from '../backends/gpu/describe.js';

describeGpu('webgl2', 6);

it('gpu:webgl2 computes in 32-bit floats, even on devices that also have shorter ones', async () => {
  const compiled = vi.spyOn(WebGL2RenderingContext.prototype, 'shaderSource');
  await setDevice('gpu:webgl2');
  expect([...(await ones([3]).mul(1.25).add(1).data())]).toEqual([2.25, 2.25, 2.25]);
  await setDevice('cpu');
  const stated = compiled.mock.calls.flatMap(([, source]) => source.match(/precision \w+ (float|int)/g) ?? []);
  compiled.mockRestore();
  expect(new Set(stated)).toEqual(new Set(['precision highp float', 'precision highp int']));
});

it('gpu uses WebGL 2 if WebGPU finds no GPU, and reports why', async () => {
  const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<object | null> } };
  const asked = vi.spyOn(gpu, 'requestAdapter').mockResolvedValue(null);
  await setDevice('gpu');
  asked.mockRestore();
  expect(device.info()).toMatchObject({
    name: 'gpu',
    description: expect.stringMatching(/^GPU.js on WebGL 2: ./),
    limits: { maxTextureSize: expect.any(Number), maxTextureImageUnits: expect.any(Number) },
    fallback: 'no WebGPU: expected an adapter for WebGPU (a GPU and its driver), got none',
  });
  expect([...(await ones([3]).add(1).data())]).toEqual([2, 2, 2]);
  await setDevice('cpu');
});
