import { data, Generator, io, nn, noGrad, type Tensor, tensor } from 'antinode';
import type { RunFolder } from '../shared/run-folder.js';
import { UserError } from '../shared/user-error.js';
import type { Besides, Settings } from './options.js';
import { createModel } from './trial.js';

/** The file with the words of a run's model. */
export const vocabularyFile = 'vocabulary.json';

/**
 * Text that the model of a run's last checkpoint writes on from the prompt, `besides.sample` words of it; `<unk>` is
 * never drawn. Throws UserError for a prompt with words that the model does not know.
 */
export async function sampleText(folder: RunFolder, settings: Settings, besides: Besides): Promise<string> {
  const vocabulary = data.Vocabulary.fromJSON(JSON.parse(await folder.read(vocabularyFile)));
  const model = createModel(settings, vocabulary.size).eval();
  await io.loadCheckpoint(folder.checkpoint, { model });
  const words = besides.prompt.toLowerCase().split(/\s+/).filter(Boolean);
  const strange = words.filter((word) => !vocabulary.has(word));
  if (strange.length > 0 || words.length === 0) {
    const got = words.length === 0 ? 'none' : `'${strange.join("', '")}'`;
    throw new UserError(`--prompt: expected words that the model knows (${vocabulary.size}), got ${got}`);
  }
  const generator = new Generator(settings.seed);
  const text = words.map((word) => vocabulary.index(word));
  const unknown = vocabulary.has('<unk>') ? vocabulary.index('<unk>') : -1;
  let state: [Tensor, Tensor] | undefined;
  let input = text;
  for (let i = 0; i < (besides.sample ?? 0); i++) {
    const [logits, next] = noGrad(() =>
      model.forward(tensor(Int32Array.from(input), { shape: [input.length, 1] }), state),
    );
    const scores = (await logits.data()).subarray(-vocabulary.size) as Float32Array;
    state = nn.carryState(next, state);
    logits.dispose();
    input = [draw(scores, besides.temperature, unknown, generator)];
    text.push(...input);
  }
  return vocabulary.decode(text);
}

/** An index drawn with the probabilities softmax(scores / temperature), `never` left out. */
function draw(scores: Float32Array, temperature: number, never: number, generator: Generator): number {
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const weights = Float64Array.from(scores, (x, i) => (i === never ? 0 : Math.exp((x - largest) / temperature)));
  let left = generator.uniform() * weights.reduce((a, b) => a + b);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i];
    if (left < 0 && weights[i] > 0) return i;
  }
  return weights.findLastIndex((weight) => weight > 0);
}
