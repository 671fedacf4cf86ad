import { readFileSync } from 'node:fs';
import { nn, type Tensor, tensor } from '../../src/index.js';
import { filled } from './fill.js';

/** The results of PyTorch for one network; test/golden/resnet.json describes how they were computed. */
export interface GoldenResNet {
  readonly model: 'resnet18' | 'resnet34' | 'resnet50';
  readonly numClasses: number;
  readonly key: string;
  readonly batch: number;
  readonly parameters: number;
  readonly stateDict: Readonly<Record<string, number | readonly number[]>>;
  readonly logits: readonly number[];
  readonly gradientNorms: Readonly<Record<string, number>>;
  readonly losses: readonly number[];
  readonly evalLogits: readonly number[];
}

/** The networks of test/golden/resnet.json. */
export const goldenResNets: readonly GoldenResNet[] = JSON.parse(
  readFileSync(new URL('../golden/resnet.json', import.meta.url), 'utf8'),
).models;

/** All names and shapes of a state dict, in order. */
export function namesAndShapes({ stateDict }: GoldenResNet): [string, readonly number[]][] {
  const statistics = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
  return Object.entries(stateDict).flatMap(([name, shape]): [string, readonly number[]][] => {
    if (typeof shape !== 'number') return [[name, shape]];
    return statistics.map((each) => [`${name}.${each}`, each === 'num_batches_tracked' ? [] : [shape]]);
  });
}

/** The network with filled parameters, and a batch for it. */
export function fillResNet({ model, numClasses, key, batch }: GoldenResNet): {
  net: nn.models.ResNet;
  x: Tensor;
  labels: Tensor;
} {
  const net = nn.models[model]({ numClasses });
  for (const [name, p] of net.namedParameters()) {
    const [low, high] = rangeOf(name, p.shape);
    p.storage.backend.write(p, filled(p.size, `${key}/${name}`, low, high));
  }
  const x = tensor(filled(batch * 3 * 32 * 32, `${key}/x`, -2, 2), { shape: [batch, 3, 32, 32] });
  const labels = Int32Array.from(filled(batch, `${key}/y`, 0, 1), (u) => Math.floor(u * numClasses));
  return { net, x, labels: tensor(labels) };
}

function rangeOf(name: string, shape: readonly number[]): readonly [number, number] {
  if (shape.length > 1) {
    const bound = Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
    return [-bound, bound];
  }
  return name.endsWith('weight') ? [0.5, 1.5] : [-0.1, 0.1];
}
