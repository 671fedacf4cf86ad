import { nn } from 'antinode';
import type { Settings } from './options.js';

/** Above this product of width and batch size, the activations of the two largest networks take gigabytes. */
const large = 64 * 32;

/** Makes the network of a run. */
export function makeModel({ model, width, batchSize }: Settings, numClasses: number): nn.Layer {
  if (model !== 'densenet121' && model !== 'googlenet') return nn.models[model]({ numClasses, width });
  return nn.models[model]({ numClasses, width, memoryEfficient: width * batchSize > large });
}
