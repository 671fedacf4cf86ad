import { data } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import type { Besides, Settings } from './options.js';

/** Words by number, and the texts of a run: to train on and to measure on. */
export type Corpus = data.TextCorpus<'train' | 'test'> & Partial<data.TextCorpus<'valid'>>;

/**
 * The corpus of a run, from a folder, the cache or the network, cut to the sizes of the settings: the first words of
 * each text. Throws FileError saying which files are missing and where to put them.
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
 * The perplexity of a text for a model that knows how often each word occurs in the training text, and nothing of what
 * stands before it; every count is one more than it is, so that no word is impossible.
 */
export function unigramPerplexity({ vocabulary, train, test }: Corpus): number {
  const counts = new Float64Array(vocabulary.size).fill(1);
  for (const word of train) counts[word]++;
  const total = train.length + vocabulary.size;
  let sum = 0;
  for (const word of test) sum -= Math.log(counts[word] / total);
  return Math.exp(sum / test.length);
}
