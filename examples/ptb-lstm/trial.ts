import { data, manualSeed, nn, noGrad, optim, type Tensor } from 'antinode';
import { Tally } from '../shared/tally.js';
import { milestonesOf } from '../shared/training.js';
import type { Epoch, Trial, Values } from '../shared/trials.js';
import { CarriedState, type State } from './carried-state.js';
import type { Corpus } from './corpus.js';
import type { Settings } from './options.js';
import { optimizerSettings } from './paper.js';

/** Creates the model of a run, with newly initialised weights. */
export function createModel(settings: Settings, vocabSize: number): nn.models.LSTMLanguageModel {
  const { embedding, hidden, layers, dropout, tieWeights } = settings;
  const sizes = { vocabSize, embeddingSize: embedding, hiddenSize: hidden, numLayers: layers };
  return nn.models.lstmLanguageModel({ ...sizes, dropout, tieWeights });
}

/** Begins to train a new model with the i-th optimizer of a run. The seed determines everything random. */
export function beginTrial(settings: Settings, corpus: Corpus, i: number): Trial {
  const { batchSize, bptt, clip, seed } = settings;
  manualSeed(seed);
  const model = createModel(settings, corpus.vocabulary.size);
  const optimizer = optim.create(settings.optimizer[i], model.parameters(), optimizerSettings(settings, i));
  const scheduler = new optim.lr.MultiStepLR(optimizer, { milestones: milestonesOf(settings) });
  const loader = new data.BpttLoader(corpus.train, { batchSize, bptt });
  const tally = new Tally();
  const state = new CarriedState();

  /** The mean loss per word, and the state after the window. */
  function lossOf(input: Tensor, target: Tensor, before?: State): { loss: Tensor; next: State } {
    const [logits, next] = model.forward(input, before);
    return { loss: nn.functional.crossEntropy(logits.reshape([target.size, -1]), target), next };
  }

  /** Makes one pass over the training text, with one step per window. The initial state is zero. */
  async function train(epoch: Epoch): Promise<Values> {
    model.train();
    for await (const { input, target } of loader) {
      const { loss, next } = lossOf(input, target, state.value);
      optimizer.zeroGrad();
      loss.backward();
      if (clip > 0) optim.clipGradNorm(model.parameters(), clip);
      optimizer.step();
      state.advance(next);
      const mean = await loss.item();
      tally.add(target.size, { loss: mean });
      const note = `ppl ${Math.exp(tally.mean('loss')).toFixed(1)} ${Math.round(tally.speed)} words/s`;
      await epoch.step({ loss: mean, note });
    }
    state.clear();
    const { seconds, speed } = tally;
    return {
      trainPerplexity: Math.exp(tally.mean('loss')),
      ...(corpus.valid && { validPerplexity: await perplexityOf(corpus.valid) }),
      testPerplexity: await perplexityOf(corpus.test),
      seconds,
      wordsPerSecond: speed,
    };
  }

  /** The perplexity of a text, read from start to end without dropout. */
  async function perplexityOf(text: Int32Array): Promise<number> {
    model.eval();
    const read = new Tally();
    const carried = new CarriedState();
    // Fewer columns lose less of the text's context, and a short text cannot fill many.
    const columns = Math.min(10, batchSize, Math.floor(text.length / 2));
    for await (const { input, target } of new data.BpttLoader(text, { batchSize: columns, bptt })) {
      const { loss, next } = noGrad(() => lossOf(input, target, carried.value));
      carried.advance(next);
      read.add(target.size, { loss: await loss.item() });
    }
    carried.clear();
    return Math.exp(read.mean('loss'));
  }

  return { model, optimizer, scheduler, loader, tally, state, train };
}
