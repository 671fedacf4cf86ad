import { existsSync } from 'node:fs';
import { data, Generator, io, type nn, noGrad, tensor } from 'antinode';
import { wrapped } from '../shared/format.js';
import type { RunFolder } from '../shared/run-folder.js';
import { UserError } from '../shared/user-error.js';
import { CarriedState } from './carried-state.js';
import type { Settings } from './options.js';
import { createModel } from './trial.js';

/** The file that stores the vocabulary of a run's models. */
export const vocabularyFile = 'vocabulary.json';

/** Options of `sampleText`. */
export interface SampleOptions {
  /** Words to write. */
  readonly sample: number;
  /** The text that the sample begins with. */
  readonly prompt: string;
  readonly temperature: number;
}

/**
 * Lets each model of a run continue the prompt. Returns the texts, each under the name of its model's optimizer.
 * `<unk>` is never drawn.
 *
 * @throws UserError when the prompt is empty or has words that the models do not know, or when no model has been
 *   trained for an epoch.
 */
export async function sampleText(folder: RunFolder, settings: Settings, options: SampleOptions): Promise<string> {
  const vocabulary = data.Vocabulary.fromJSON(JSON.parse(await folder.read(vocabularyFile)));
  const prompt = promptOf(options.prompt, vocabulary);
  const model = createModel(settings, vocabulary.size).eval();
  const trained = settings.optimizer.filter((name) => existsSync(folder.weights(name)));
  if (trained.length === 0) throw new UserError(`--sample: expected a run with a trained model, got ${folder.path}`);
  const texts: string[] = [];
  for (const name of trained) {
    model.loadStateDict(await io.loadSafetensors(folder.weights(name)));
    const words = await write(model, prompt, vocabulary, { ...options, seed: settings.seed });
    texts.push(`${name}:\n${vocabulary.decode(words).split('\n').map(wrapped).join('\n')}`);
  }
  return texts.join('\n\n');
}

/**
 * The indices of the words of a prompt. A word that is not in the vocabulary is tried in lower case, and a number as
 * `N`.
 *
 * @throws UserError when the prompt is empty or a word is unknown.
 */
function promptOf(prompt: string, vocabulary: data.Vocabulary): number[] {
  const forms = (word: string) => [word, word.toLowerCase(), ...(/^\d[\d.,]*$/.test(word) ? ['N'] : [])];
  const words = prompt.split(/\s+/).filter(Boolean);
  const known = words.map((word) => forms(word).find((form) => vocabulary.has(form)));
  const strange = words.filter((_, i) => known[i] === undefined);
  if (strange.length > 0 || words.length === 0) {
    const got = words.length === 0 ? 'none' : `'${strange.join("', '")}'`;
    throw new UserError(`--prompt: expected words that the models know (${vocabulary.size}), got ${got}`);
  }
  return known.map((word) => vocabulary.index(word as string));
}

/** The indices of the words of the prompt and of the words that a model writes after it. */
async function write(
  model: nn.models.LSTMLanguageModel,
  prompt: readonly number[],
  vocabulary: data.Vocabulary,
  { sample, temperature, seed }: SampleOptions & { readonly seed: number },
): Promise<number[]> {
  const generator = new Generator(seed);
  const unknown = vocabulary.has('<unk>') ? vocabulary.index('<unk>') : -1;
  const words = [...prompt];
  const state = new CarriedState();
  let input = words;
  while (words.length < prompt.length + sample) {
    const [logits, next] = noGrad(() =>
      model.forward(tensor(Int32Array.from(input), { shape: [input.length, 1] }), state.value),
    );
    const scores = (await logits.data()).subarray(-vocabulary.size) as Float32Array;
    state.advance(next);
    logits.dispose();
    input = [draw(scores, temperature, unknown, generator)];
    words.push(...input);
  }
  state.clear();
  return words;
}

/** Draws an index with the probabilities softmax(scores / temperature), excluding the index `never`. */
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
