import { readFileSync } from 'node:fs';
import { nn, type Tensor, tensor } from '../../src/index.js';
import { filled } from './fill.js';

/** The networks of both files. */
export type NetworkName = 'resnet18' | 'resnet34' | 'resnet50' | 'vgg16' | 'densenet121' | 'googlenet';

interface GoldenNetwork {
  readonly model: NetworkName;
  readonly numClasses: number;
  readonly width: number;
  readonly key: string;
  /** The shape of the images. */
  readonly images: readonly number[];
  readonly parameters: number;
  readonly stateDict: Readonly<Record<string, number | readonly number[]>>;
  readonly evalLogits: readonly number[];
}

/** The results of PyTorch for one network; test/golden/models.json describes how they were computed. */
export interface CifarNetwork extends GoldenNetwork {
  readonly logits: readonly number[];
  readonly gradientNorms: Readonly<Record<string, number>>;
  readonly losses: readonly number[];
}

/** The results of PyTorch for one network; test/golden/imagenet.json describes how they were computed. */
export interface ImageNetNetwork extends GoldenNetwork {
  readonly trainLogits: readonly (readonly number[])[];
}

function networksOf<T extends GoldenNetwork>(file: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')).models;
}

/** The networks of test/golden/models.json. */
export const cifarNetworks: readonly CifarNetwork[] = networksOf('models.json');

/** The networks of test/golden/imagenet.json. */
export const imageNetNetworks: readonly ImageNetNetwork[] = networksOf('imagenet.json');

/** All names and shapes of a state dict, in order. */
export function namesAndShapes({ stateDict }: GoldenNetwork): [string, readonly number[]][] {
  const statistics = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
  return Object.entries(stateDict).flatMap(([name, shape]): [string, readonly number[]][] => {
    if (typeof shape !== 'number') return [[name, shape]];
    return statistics.map((each) => [`${name}.${each}`, each === 'num_batches_tracked' ? [] : [shape]]);
  });
}

/** The constructors of all networks, which accept the options that all of them have. */
export const networks: Readonly<Record<NetworkName, (options: nn.models.ConvNetOptions) => nn.Layer>> = nn.models;

/** Fills the parameters of a network as those of the files are filled. */
export function fillNetwork(net: nn.Module, key: string): void {
  for (const [name, p] of net.namedParameters()) {
    const [low, high] = rangeOf(name, p.shape);
    p.storage.backend.write(p, filled(p.size, `${key}/${name}`, low, high));
  }
}

/** The images of a network of the files. */
export function imagesOf({ key, images }: GoldenNetwork): Tensor {
  const size = images.reduce((a, b) => a * b, 1);
  return tensor(filled(size, `${key}/x`, -2, 2), { shape: images });
}

/** The labels of those images. */
export function labelsOf({ key, images, numClasses }: GoldenNetwork): Tensor {
  const shares = filled(images[0], `${key}/y`, 0, 1);
  return tensor(Int32Array.from(shares, (u) => Math.floor(u * numClasses)));
}

function rangeOf(name: string, shape: readonly number[]): readonly [number, number] {
  if (shape.length > 1) {
    const bound = Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
    return [-bound, bound];
  }
  return name.endsWith('weight') ? [0.5, 1.5] : [-0.1, 0.1];
}
