import { manualSeed, nn, noGrad, type optim, type Tensor } from 'antinode';
import type { Images } from './images.js';
import { makeOptimizer } from './menus.js';
import { digitNetwork } from './network.js';

/** A network and the optimizer that trains it. */
export class Side {
  readonly model: nn.Sequential;
  readonly #optimizer: optim.Optimizer;

  /** Creates a side; every side starts with the same weights. */
  constructor({ train }: Images, { optimizer, lr }: { readonly optimizer: string; readonly lr: number }) {
    manualSeed(1);
    this.model = digitNetwork(train.shape[1], train.shape[2]);
    try {
      this.#optimizer = makeOptimizer(optimizer, lr, this.model.parameters());
    } catch (error) {
      this.model.dispose();
      throw error;
    }
  }

  /** Trains one step on a batch: images (B, 1, H, W), labels (B). `seconds` is the time until the loss is known. */
  async step(images: Tensor, labels: Tensor): Promise<{ loss: number; seconds: number }> {
    const start = performance.now();
    const loss = nn.functional.crossEntropy(this.model.forward(images), labels);
    this.#optimizer.zeroGrad();
    loss.backward();
    this.#optimizer.step();
    return { loss: await loss.item(), seconds: (performance.now() - start) / 1000 };
  }

  /** Predicts the class of each image of (B, 1, H, W). */
  async classify(images: Tensor): Promise<number[]> {
    this.model.eval();
    const classes = noGrad(() => this.model.forward(images).argmax(1));
    this.model.train();
    return [...(await classes.data())];
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.model.dispose();
  }
}
