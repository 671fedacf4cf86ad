import { afterEach, describe, expect, it } from 'vitest';
import {
  data,
  manualSeed,
  memory,
  nn,
  optim,
  randint,
  randn,
  scope,
  setDeviceSync,
  type Tensor,
} from '../../src/index.js';

/** A network of several kinds of layer: convolution, batch norm, pooling, dropout and linear. */
function network(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(2, 3, 3, { padding: 1 }),
    new nn.BatchNorm2d(3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout(0.2),
    new nn.Flatten(),
    new nn.Linear(27, 4),
  );
}

/** Live bytes and tensors of the current device. */
function live(): { bytes: number; tensors: number } {
  const { bytes, tensors } = memory();
  return { bytes, tensors };
}

const steps = 300;

afterEach(() => setDeviceSync('reference'));

describe.each(['reference', 'cpu'])('training on %s', (device) => {
  it.each(['SGD', 'AdaPNM'] as const)('uses as much after step 300 as after step 3 with %s in a scope', (name) => {
    setDeviceSync(device);
    manualSeed(1);
    const net = network();
    const params = net.parameters();
    const optimizer = name === 'SGD' ? new optim.SGD(params, { lr: 0.01, momentum: 0.9 }) : new optim.AdaPNM(params);
    const seen = [];
    for (let step = 1; step <= steps; step++) {
      scope(() => trainingStep(net, optimizer, randn([3, 2, 6, 6]), randint(4, [3])));
      if (step === 3 || step === steps) seen.push(live());
    }
    expect(seen[1]).toEqual(seen[0]);
    net.dispose();
    optimizer.dispose();
    expect(live().bytes).toBeLessThan(seen[0].bytes);
  });

  it('uses as much after step 300 as after step 3 of a loader, and finally only what the model needs', async () => {
    setDeviceSync(device);
    manualSeed(2);
    const before = live();
    const [images, labels] = [randn([30, 2, 6, 6]), randint(4, [30])];
    const loader = new data.DataLoader(new data.TensorDataset(images, labels), {
      batchSize: 3,
      shuffle: true,
      seed: 1,
    });
    const net = network();
    const optimizer = new optim.PNM(net.parameters(), { lr: 0.01, weightDecay: 1e-4 });
    const seen = [];
    let step = 0;
    while (step < steps) {
      for await (const [x, y] of loader) {
        trainingStep(net, optimizer, x, y);
        step++;
        if (step === 3 || step === steps) seen.push(live());
      }
    }
    expect(step).toBe(steps);
    expect(seen[1]).toEqual(seen[0]);
    optimizer.zeroGrad();
    optimizer.dispose();
    net.dispose();
    images.dispose();
    labels.dispose();
    expect(live()).toEqual(before);
  });
});

function trainingStep(net: nn.Layer, optimizer: optim.Optimizer, x: Tensor, labels: Tensor): void {
  const loss = nn.functional.crossEntropy(net.forward(x), labels);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}
