import { data, manualSeed, nn, noGrad, optim } from 'antinode';
import { Tally } from '../shared/tally.js';
import { milestonesOf } from '../shared/training.js';
import type { Epoch, Trial, Values } from '../shared/trials.js';
import type { Images } from './data.js';
import { makeModel } from './model.js';
import type { Settings } from './options.js';
import { optimizerOptions } from './paper.js';
import { countBatch, noteOf } from './tally.js';

/**
 * Begins to train a new model with the i-th optimizer of a run. The seed determines everything random. Images of a
 * folder are read by `workers` threads; null for the usual number.
 */
export function beginTrial(settings: Settings, images: Images, i: number, workers: number | null): Trial {
  const { batchSize, seed } = settings;
  manualSeed(seed);
  const model = makeModel(settings, images.train.classes.length);
  const optimizer = optim.create(settings.optimizer[i], model.parameters(), optimizerOptions(settings, i));
  const scheduler = new optim.lr.MultiStepLR(optimizer, { milestones: milestonesOf(settings) });
  const reading = { workers: workers ?? undefined };
  const loader = new data.DataLoader(images.train, { batchSize, shuffle: true, seed, ...reading });
  const testBatch = settings.dataset === 'folder' ? batchSize : 250;
  const testLoader = new data.DataLoader(images.test, { batchSize: testBatch, ...reading });

  const tally = new Tally();

  /** Makes one pass over the training images, with one step per batch. */
  async function train(epoch: Epoch): Promise<Values> {
    model.train();
    for await (const { images, labels } of loader) {
      const logits = model.forward(images);
      const loss = nn.functional.crossEntropy(logits, labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      await countBatch(tally, loss, logits, labels);
      await epoch.step({ loss: await loss.item(), note: noteOf(tally) });
    }
    const { seconds, speed } = tally;
    const [trainLoss, trainError] = [tally.mean('loss'), tally.mean('error')];
    return { trainLoss, trainError, ...(await test()), seconds, imagesPerSecond: speed };
  }

  /** Measures loss and error on the test images. */
  async function test(): Promise<Values> {
    model.eval();
    const tested = new Tally();
    for await (const { images, labels } of testLoader) {
      const logits = noGrad(() => model.forward(images));
      await countBatch(tested, nn.functional.crossEntropy(logits, labels), logits, labels);
    }
    return { testLoss: tested.mean('loss'), testError: tested.mean('error') };
  }

  return { model, optimizer, scheduler, loader, tally, train };
}
