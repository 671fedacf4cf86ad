import { nn, optim, randint, randn } from 'antinode';
import { trainStep } from './train.js';
import type { Workload } from './workload.js';

/** Multiplications with an addition in the forward pass of one image, and those of the first convolution. */
interface MultiplyAdds {
  readonly total: number;
  readonly stem: number;
}

/** As `nn.summary` counts them. */
export const multiplyAdds = {
  'resnet50-imagenet': { total: 4_089_184_256, stem: 118_013_952 },
  densenet121: { total: 888_350_720, stem: 1_769_472 },
  googlenet: { total: 1_521_756_160, stem: 5_308_416 },
} as const satisfies Record<string, MultiplyAdds>;

/** Trains a network on a batch of random images. */
function train(
  name: keyof typeof multiplyAdds,
  batch: number,
  make: () => nn.Layer,
  size: number,
  classes: number,
): Workload {
  const { total, stem } = multiplyAdds[name];
  return {
    name: `${name}-b${batch}-train`,
    mostRounds: 2,
    // Backward computes two products as large as each forward one, but the images need no gradient.
    flops: 2 * batch * (3 * total - stem),
    make() {
      const model = make();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      return trainStep(model, optimizer, randn([batch, 3, size, size]), randint(0, classes, [batch]));
    },
  };
}

/** Larger networks: ResNet-50 for images of 224x224, DenseNet-121 and GoogLeNet for 32x32. */
export const networks: Workload[] = [
  train('resnet50-imagenet', 8, () => nn.models.resnet50({ stem: 'imagenet' }), 224, 1000),
  train('densenet121', 32, () => nn.models.densenet121(), 32, 10),
  train('googlenet', 32, () => nn.models.googlenet(), 32, 10),
];
