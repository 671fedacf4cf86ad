import { data, manualSeed, nn, noGrad, optim } from 'antinode';
import { milestonesOf } from '../shared/training.js';
import type { Epoch, Trial, Values } from '../shared/trials.js';
import type { Images } from './data.js';
import type { Settings } from './options.js';
import { optimizerOptions } from './paper.js';
import { Tally } from './tally.js';

/** The training of a fresh model with the i-th optimizer of a run. The seed decides all that is random. */
export function beginTrial(settings: Settings, images: Images, i: number): Trial {
  const { batchSize, seed, width } = settings;
  manualSeed(seed);
  const model = nn.models[settings.model]({ numClasses: images.train.classes.length, width });
  const optimizer = optim.create(settings.optimizer[i], model.parameters(), optimizerOptions(settings, i));
  const scheduler = new optim.lr.MultiStepLR(optimizer, { milestones: milestonesOf(settings) });
  const loader = new data.DataLoader(images.train, { batchSize, shuffle: true, seed });
  const testLoader = new data.DataLoader(images.test, { batchSize: 250 });

  /** One pass over the training images, each batch a step. */
  async function trainEpoch(epoch: Epoch): Promise<Values> {
    model.train();
    const tally = new Tally();
    for await (const { images, labels } of loader) {
      const logits = model.forward(images);
      const loss = nn.functional.crossEntropy(logits, labels);
      await tally.add(loss, logits, labels);
      optimizer.zeroGrad();
      loss.backward();
      await epoch.step({ loss: await loss.item(), note: String(tally) });
      optimizer.step();
    }
    optimizer.zeroGrad();
    scheduler.step();
    const { loss: trainLoss, error: trainError, count, seconds } = tally;
    return { trainLoss, trainError, ...(await test()), seconds, imagesPerSecond: count / seconds };
  }

  /** Loss and error on the test images. */
  async function test(): Promise<Values> {
    model.eval();
    const tally = new Tally();
    for await (const { images, labels } of testLoader) {
      const logits = noGrad(() => model.forward(images));
      await tally.add(nn.functional.crossEntropy(logits, labels), logits, labels);
    }
    return { testLoss: tally.loss, testError: tally.error };
  }

  return {
    parts: { model, optimizer, scheduler, loader },
    steps: loader.length,
    lr: () => optimizer.paramGroups[0].lr,
    train: trainEpoch,
    dispose() {
      optimizer.dispose();
      model.dispose();
    },
  };
}
