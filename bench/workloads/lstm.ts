import { nn, optim, randint } from 'antinode';
import type { Workload } from './workload.js';

const [steps, batch, vocabSize] = [35, 20, 10_000];

/** One window of a Penn Treebank language model: 2 layers, no dropout, Adam. */
const train = (hidden: number): Workload => ({
  name: `lstm-2x${hidden}-ptb-train`,
  // products of each layer with its inputs and states, and of the decoder; twice as many in backward
  flops: 3 * 2 * steps * batch * hidden * (2 * 2 * 4 * hidden + vocabSize),
  make() {
    const model = nn.models.lstmLanguageModel({ vocabSize, embeddingSize: hidden, dropout: 0 });
    const optimizer = new optim.Adam(model.parameters());
    const [input, target] = [randint(vocabSize, [steps, batch]), randint(vocabSize, [steps * batch])];
    return () => {
      optimizer.zeroGrad();
      const [logits] = model.forward(input);
      const loss = nn.functional.crossEntropy(logits.reshape([target.size, vocabSize]), target);
      loss.backward();
      optimizer.step();
      return loss;
    };
  },
});

/** LSTM language models. */
export const lstm: Workload[] = [train(200), train(512)];
