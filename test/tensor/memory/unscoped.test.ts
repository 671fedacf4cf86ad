import { afterEach, describe, expect, it, vi } from 'vitest';
import { memory, OutOfMemoryError, ones, resetPeakMemory, setDeviceSync, type Tensor } from '../../../src/index.js';
import { backendOf } from '../../../src/tensor/device.js';
import { empty } from '../../../src/tensor/run.js';
import { collectGarbage, collectNow } from '../../helpers/garbage.js';

setDeviceSync('cpu');
const mebibyte = 2 ** 20;
const untouched = (megabytes: number): Tensor => empty('probe', [megabytes, mebibyte / 4], 'float32', backendOf('cpu'));

afterEach(async () => {
  vi.restoreAllMocks();
  await collectGarbage();
});

describe('memory outside scopes', () => {
  it('is bounded in a loop that awaits a tensor in every iteration', async () => {
    const w = ones([mebibyte]);
    resetPeakMemory();
    for (let i = 0; i < 1500; i++) {
      const t = w.mul(2).sum();
      expect(await t.item()).toBe(2 * mebibyte);
    }
    expect(memory().peakBytes).toBeLessThan(600 * mebibyte);
  });

  it('is bounded in a loop over small tensors, whose cost is on the JavaScript heap', async () => {
    const w = ones([4]);
    collectNow();
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    for (let i = 0; i < 200_000; i++) {
      const t = w.mul(2).sum();
      await t.item();
      if (i % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(most).toBeLessThan(250 * mebibyte);
    expect(memory().tensors).toBeLessThan(300_000);
  });

  it('is bounded in a training loop without a loader that awaits its loss', async () => {
    const w = ones([mebibyte], { requiresGrad: true });
    resetPeakMemory();
    for (let i = 0; i < 50; i++) {
      let h: Tensor = w;
      for (let layer = 0; layer < 20; layer++) h = h.mul(w).sin();
      const loss = h.sum();
      loss.backward();
      w.grad = null;
      expect(await loss.item()).toBeGreaterThan(0);
    }
    expect(memory().peakBytes).toBeLessThan(600 * mebibyte);
  });

  it('is bounded in a loop that awaits things other than tensors', async () => {
    resetPeakMemory();
    for (let i = 0; i < 400; i++) {
      untouched(16);
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(memory().peakBytes).toBeLessThan(1024 * mebibyte);
  });

  it('is found if the tensors in use were made by several operations', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const held: Tensor[] = [];
    for (let i = 0; i < 40; i++) {
      held.push(untouched(16));
      await held[0].data().then(() => {});
    }
    expect(held.every((t) => !t.released)).toBe(true);
    for (const t of held) t.dispose();
  });

  it('warns once, and when exhausted names scope and the place', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const held: Tensor[] = [];
    const exhaust = () => {
      for (;;) held.push(untouched(64));
    };
    expect(exhaust).toThrow(OutOfMemoryError);
    expect(exhaust).toThrow(
      /^cpu: out of memory: .*; about \d+ MiB are tensors made outside of scopes, most by probe at unscoped\.test\.ts:\d+; scope/,
    );
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /^antinode: about 1\d{3} MiB are tensors made outside of scopes, most by probe/,
    );
    for (const t of held) t.dispose();
    expect(() => untouched(1024).dispose()).not.toThrow();
  });
});
