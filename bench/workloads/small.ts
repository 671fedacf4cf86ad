import { nn, optim, randint, randn } from 'antinode';
import { trainStep } from './train.js';
import type { Workload } from './workload.js';

const mlp: Workload = {
  name: 'mlp-b128-train',
  flops: 3 * 2 * 128 * (784 * 256 + 256 * 128 + 128 * 10) - 2 * 128 * 784 * 256,
  make() {
    const model = new nn.Sequential(
      new nn.Linear(784, 256),
      new nn.ReLU(),
      new nn.Linear(256, 128),
      new nn.ReLU(),
      new nn.Linear(128, 10),
    );
    return trainStep(model, new optim.Adam(model.parameters()), randn([128, 784]), randint(0, 10, [128]));
  },
};

const mnist: Workload = {
  name: 'mnist-cnn-b64-train',
  make() {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 8, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 16, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(256, 10),
    );
    return trainStep(model, new optim.Adam(model.parameters()), randn([64, 1, 28, 28]), randint(0, 10, [64]));
  },
};

/** Small networks, where the overhead of each call shows. */
export const small: Workload[] = [mlp, mnist];
