import { afterEach, describe, expect, it } from 'vitest';
import {
  getThreads,
  manualSeed,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  scope,
  setDeviceSync,
  setThreads,
  type Tensor,
  tensor,
} from '../../src/index.js';
import { stream } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';

const threads = getThreads();

afterEach(() => setThreads(threads));

/** Images (n, 1, 8, 8) of noise in which one quadrant is brighter, and the index of that quadrant. */
function quadrants(n: number, seed: number): { images: Tensor; labels: Tensor } {
  const next = stream(seed);
  const labels = Int32Array.from({ length: n }, () => Math.floor(4 * next()));
  const pixels = Float32Array.from({ length: 64 * n }, (_, i) => {
    const [row, column] = [Math.floor(i / 8) % 8, i % 8];
    const quadrant = 2 * Math.floor(row / 4) + Math.floor(column / 4);
    return 2 * next() - 1 + (quadrant === labels[Math.floor(i / 64)] ? 1 : 0);
  });
  return { images: tensor(pixels, { shape: [n, 1, 8, 8] }), labels: tensor(labels) };
}

/** Takes one step and returns the loss before it. */
function step(net: nn.Layer, optimizer: optim.Optimizer, x: Tensor, labels: Tensor): number {
  return scope(() => {
    const loss = nn.functional.crossEntropy(net.forward(x), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.itemSync();
  });
}

describe('a small convolutional network on cpu', () => {
  it.each(['SGD', 'PNM', 'AdaPNM'] as const)('learns which quadrant is brighter with %s', (name) => {
    setDeviceSync('cpu');
    manualSeed(1);
    const net = new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1, bias: false }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 3, { padding: 1 }),
      new nn.GELU(),
      new nn.Dropout(0.1),
      new nn.Flatten(),
      new nn.Linear(256, 4),
    );
    const params = net.parameters();
    const optimizer = {
      SGD: () => new optim.SGD(params, { lr: 0.05, momentum: 0.9 }),
      PNM: () => new optim.PNM(params, { lr: 0.05 }),
      AdaPNM: () => new optim.AdaPNM(params, { lr: 3e-3 }),
    }[name]();
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const { images, labels } = quadrants(32, i);
      losses.push(step(net, optimizer, images, labels));
    }
    // chance is log 4 = 1.39
    expect(losses[0]).toBeGreaterThan(1);
    expect(Math.max(...losses.slice(-10))).toBeLessThan(0.35);
    const fresh = quadrants(256, 1000);
    const logits = noGrad(() => net.eval().forward(fresh.images));
    const wrong = logits.argmax(1).ne(fresh.labels).sum().itemSync();
    expect(wrong / 256).toBeLessThan(0.05);
  });
});

describe('a narrow ResNet-18', () => {
  const train = (device: string, width: number, side: number, steps: number) => {
    setDeviceSync(device);
    manualSeed(7);
    const net = nn.models.resnet18({ width });
    const optimizer = new optim.PNM(net.parameters(), { lr: 0.1, weightDecay: 5e-4 });
    const losses = Array.from({ length: steps }, () => {
      return scope(() => step(net, optimizer, randn([8, 3, side, side]), randint(10, [8])));
    });
    const state = [...net.stateDict().values()].map((t) => t.dataSync());
    return { losses, state };
  };

  it('has the same bits after ten steps on one thread as on two', () => {
    setThreads(1);
    const one = train('cpu', 8, 32, 10);
    setThreads(2);
    const two = train('cpu', 8, 32, 10);
    expect(two.losses).toEqual(one.losses);
    expect(two.state).toEqual(one.state);
    expect(new Set(one.losses).size).toBe(10);
  });

  it('trains the same on cpu and reference', () => {
    const cpu = train('cpu', 4, 12, 4);
    const reference = train('reference', 4, 12, 4);
    close(cpu.losses, reference.losses, 1e-3, 1e-5);
  });
});
