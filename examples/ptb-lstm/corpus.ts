import { data } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import type { Besides, Settings } from './options.js';

/** The vocabulary and the texts of a run, for training and for evaluation. */
export type Corpus = data.TextCorpus<'train' | 'test'> & Partial<data.TextCorpus<'valid'>>;

/**
 * Loads the corpus of a run from a folder, the cache or the network. Only the first words of each text are used, as
 * many as the settings say.
 *
 * @throws FileError when files are missing; the message names them and says where to put them.
 */
export async function loadCorpus(settings: Settings, { data: dir, url }: Besides): Promise<Corpus> {
  const whole = await showFetching<Corpus>((onProgress) => {
    const { corpus, trainFile, validFile, testFile } = settings;
    if (corpus === 'ptb') return data.ptb({ dir: dir ?? undefined, url: url ?? undefined, onProgress });
    if (corpus === 'speeches') return data.stateOfTheUnion({ dir: dir ?? undefined, onProgress });
    const texts = { train: trainFile as string, test: testFile as string };
    return validFile === null ? data.textCorpus(texts) : data.textCorpus({ ...texts, valid: validFile });
  });
  const { trainSize, testSize } = settings;
  const measured = (text: Int32Array) => text.subarray(0, testSize ?? undefined);
  return {
    vocabulary: whole.vocabulary,
    train: whole.train.subarray(0, trainSize ?? undefined),
    ...(whole.valid && { valid: measured(whole.valid) }),
    test: measured(whole.test),
  };
}

/**
 * The perplexity of the test text under a unigram model, which knows only how often each word occurs in the training
 * text. Every count is increased by one, so that no word has probability zero.
 */
export function unigramPerplexity({ vocabulary, train, test }: Corpus): number {
  const counts = new Float64Array(vocabulary.size).fill(1);
  for (const word of train) counts[word]++;
  const total = train.length + vocabulary.size;
  let sum = 0;
  for (const word of test) sum -= Math.log(counts[word] / total);
  return Math.exp(sum / test.length);
}
