import { data, manualSeed, nn, noGrad, optim, type Tensor } from 'antinode';
import { milestonesOf } from '../shared/training.js';
import type { Epoch, Trial, Values } from '../shared/trials.js';
import type { Corpus } from './corpus.js';
import type { Settings } from './options.js';
import { optimizerSettings } from './paper.js';

/** Hidden state and cell of every layer. */
type State = [h: Tensor, c: Tensor];

/** The model of a run, with fresh weights. */
export function createModel(settings: Settings, vocabSize: number): nn.models.LSTMLanguageModel {
  const { embedding, hidden, layers, dropout, tieWeights } = settings;
  const sizes = { vocabSize, embeddingSize: embedding, hiddenSize: hidden, numLayers: layers };
  return nn.models.lstmLanguageModel({ ...sizes, dropout, tieWeights });
}

/**
 * The training of a fresh model with the i-th optimizer of a run. The seed decides all that is random. Every epoch
 * begins at the start of the text with a state of zeros, so a checkpoint between epochs needs no state.
 */
export function beginTrial(settings: Settings, corpus: Corpus, i: number): Trial {
  const { batchSize, bptt, clip, seed } = settings;
  manualSeed(seed);
  const model = createModel(settings, corpus.vocabulary.size);
  const optimizer = optim.create(settings.optimizer[i], model.parameters(), optimizerSettings(settings, i));
  const scheduler = new optim.lr.MultiStepLR(optimizer, { milestones: milestonesOf(settings) });
  const loader = new data.BpttLoader(corpus.train, { batchSize, bptt });

  /** Mean loss of a word, and the state after the window. */
  function lossOf(input: Tensor, target: Tensor, state?: State): { loss: Tensor; next: State } {
    const [logits, next] = model.forward(input, state);
    return { loss: nn.functional.crossEntropy(logits.reshape([target.size, -1]), target), next };
  }

  /** One pass over the training text, each window a step. */
  async function trainEpoch(epoch: Epoch): Promise<Values> {
    model.train();
    let state: State | undefined;
    let [sum, words] = [0, 0];
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    for await (const { input, target } of loader) {
      const { loss, next } = lossOf(input, target, state);
      optimizer.zeroGrad();
      loss.backward();
      if (clip > 0) optim.clipGradNorm(model.parameters(), clip);
      const mean = await loss.item();
      sum += mean * target.size;
      words += target.size;
      const note = `ppl ${Math.exp(sum / words).toFixed(1)} ${Math.round(words / seconds())} words/s`;
      await epoch.step({ loss: mean, note });
      optimizer.step();
      state = nn.carryState(next, state);
    }
    for (const t of state ?? []) t.dispose();
    optimizer.zeroGrad();
    scheduler.step();
    const spent = seconds();
    const trainPerplexity = Math.exp(sum / words);
    const validPerplexity = await perplexityOf(corpus.valid);
    const testPerplexity = corpus.test === corpus.valid ? validPerplexity : await perplexityOf(corpus.test);
    return { trainPerplexity, validPerplexity, testPerplexity, seconds: spent, wordsPerSecond: words / spent };
  }

  /** Of a text, read from its start to its end without dropout. */
  async function perplexityOf(text: Int32Array): Promise<number> {
    model.eval();
    let state: State | undefined;
    let [sum, words] = [0, 0];
    for await (const { input, target } of new data.BpttLoader(text, { batchSize: Math.min(10, batchSize), bptt })) {
      const { loss, next } = noGrad(() => lossOf(input, target, state));
      sum += target.size * (await loss.item());
      words += target.size;
      state = nn.carryState(next, state);
    }
    for (const t of state ?? []) t.dispose();
    return Math.exp(sum / words);
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
