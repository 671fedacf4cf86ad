import { nn } from 'antinode';
import type { Settings } from './options.js';

/**
 * Above this product of width and batch size, the activations of the two largest networks take gigabytes; images of 224
 * x 224 have three times as many activations as those of CIFAR.
 */
const large = { cifar: 64 * 32, imagenet: 64 * 10 };

/** Makes the network of a run: in the form for ImageNet for images of a folder. */
export function makeModel({ dataset, model, width, batchSize }: Settings, numClasses: number): nn.Layer {
  const stem = dataset === 'folder' ? 'imagenet' : 'cifar';
  if (model !== 'densenet121' && model !== 'googlenet') return nn.models[model]({ numClasses, width, stem });
  const memoryEfficient = width * batchSize > large[stem];
  if (model === 'densenet121') return nn.models.densenet121({ numClasses, width, stem, memoryEfficient });
  return nn.models.googlenet({ numClasses, width, stem, memoryEfficient, auxLogits: false });
}
