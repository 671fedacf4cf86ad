import { memoryUsage } from 'node:process';
import { describe, expect, it } from 'vitest';
import { data, nn, noGrad, ones, optim, scope, setDeviceSync, type Tensor } from '../../../src/index.js';
import { collectGarbage, collectNow } from '../../helpers/garbage.js';

setDeviceSync('cpu');
const steps = 30_000;

/** One way to write a training loop: runs `steps` steps. */
type Loop = (train: (x: Tensor) => Tensor, steps: number) => Promise<void>;

const loader = new data.DataLoader(new data.TensorDataset({ x: ones([256, 2]) }), { batchSize: 2, shuffle: true });

const loops: Record<string, Loop> = {
  'over a loader, awaiting nothing': async (train, count) => {
    for (let done = 0; done < count; ) for await (const { x } of loader) if (done++ < count) train(x);
  },
  'over a loader, awaiting the loss': async (train, count) => {
    for (let done = 0; done < count; ) for await (const { x } of loader) if (done++ < count) await train(x).item();
  },
  'of scopes, awaiting nothing': async (train, count) => {
    const x = ones([2, 2]);
    for (let i = 0; i < count; i++) scope(() => train(x).itemSync());
  },
  'of asynchronous scopes': async (train, count) => {
    const x = ones([2, 2]);
    for (let i = 0; i < count; i++) await scope(async () => train(x).item());
  },
  'that disposes of its tensors': async (train, count) => {
    for (let i = 0; i < count; i++) {
      using x = ones([2, 2]);
      using loss = scope(() => train(x));
      loss.itemSync();
    }
  },
  'of evaluations without recording': async (_, count) => {
    const layer = new nn.Linear(2, 2);
    const x = ones([2, 2]);
    for (let i = 0; i < count; i++) await noGrad(async () => layer.forward(x).sum().item());
  },
};

describe('the JavaScript heap', () => {
  it.each(Object.entries(loops))('is flat in a loop %s', async (_, loop) => {
    const layer = new nn.Linear(2, 2);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 0.01, momentum: 0.9 });
    const train = (x: Tensor) => {
      optimizer.zeroGrad();
      const loss = layer.forward(x).pow(2).mean();
      loss.backward();
      optimizer.step();
      return loss;
    };
    await loop(train, 2000);
    await collectGarbage();
    const before = memoryUsage().heapUsed;
    await loop(train, steps);
    // collected before any turn of the event loop, because the loop must not depend on finalizers
    collectNow();
    const growth = (memoryUsage().heapUsed - before) / 2 ** 20;
    expect(growth).toBeLessThan(1);
  });
});
