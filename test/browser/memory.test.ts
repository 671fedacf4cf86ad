import { expect, it } from 'vitest';
import { AntinodeError, data, memory, noGrad, ones, resetPeakMemory, type Tensor } from '../../src/index.js';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

it('memory outside scopes is bounded in a loop that awaits a tensor in every iteration', async () => {
  const w = ones([2 ** 20]);
  resetPeakMemory();
  for (let i = 0; i < 1200; i++) expect(await w.mul(2).sum().item()).toBe(2 ** 21);
  expect(memory().peakBytes).toBeLessThan(1.5 * 2 ** 30);
}, 60_000);

it('tasks that interleave get an error at once, and no tensor is freed later', async () => {
  const loader = new data.DataLoader(new data.TensorDataset({ x: ones([4, 1]) }), { batchSize: 1 });
  const made: Tensor[] = [];
  const loop = async (milliseconds: number) => {
    for await (const { x } of loader) {
      await pause(milliseconds);
      made.push(x.mul(2));
    }
  };
  const results = await Promise.allSettled([loop(1), loop(20)]);
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(reasons[0]).toBeInstanceOf(AntinodeError);
  expect(String(reasons[0])).toContain('this engine cannot tell asynchronous tasks apart');
  const after = noGrad(() => ones([1]));
  expect(after.itemSync()).toBe(1);
});

it('consecutive and nested loops are not affected', async () => {
  const loader = new data.DataLoader(new data.TensorDataset({ x: ones([3, 1]) }), { batchSize: 1 });
  const made: Tensor[] = [];
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const { x } of loader) {
      for await (const inner of loader) {
        await pause(1);
        made.push(await noGrad(async () => inner.x.add(x)));
      }
      expect(x.released).toBe(false);
    }
  }
  expect(made.every((t) => t.released)).toBe(true);
});
