import { afterAll, describe, expect, it } from 'vitest';
import { CpuBackend } from '../src/backends/cpu/backend.js';
import { CpuRuntime } from '../src/backends/cpu/runtime.js';
import { device, setDevice } from '../src/index.js';
import { registerBackend } from '../src/tensor/device.js';
import { hashes, threadCounts, trainLstm, trainResNet } from './helpers/trainings.js';

const runtime = new CpuRuntime({ threads: 1, relaxedSimd: false });
registerBackend('cpu', () => new CpuBackend(runtime));
afterAll(() => runtime.resize(1));

describe('the same seed gives the same bits without relaxed SIMD', () => {
  it.each(threadCounts)('with %i threads', async (count) => {
    await setDevice('cpu');
    runtime.resize(count);
    await new Promise((done) => setTimeout(done, 100));
    expect([device.info().arithmetic, device.info().threads]).toEqual(['float32', count]);
    expect([trainResNet(), await trainLstm()]).toEqual(hashes.float32);
  });
});
