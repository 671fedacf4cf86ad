import { nn, type optim, type Tensor } from 'antinode';
import type { Step } from './workload.js';

/** Maps a batch of inputs to logits, one row per input. */
interface Classifier {
  forward(x: Tensor): Tensor;
}

/** A complete training step on one batch: forward, cross-entropy, backward, update. */
export function trainStep(model: Classifier, optimizer: optim.Optimizer, x: Tensor, labels: Tensor): Step {
  return () => {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model.forward(x), labels);
    loss.backward();
    optimizer.step();
    return loss;
  };
}
