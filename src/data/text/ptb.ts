import { ValueError } from '../../errors.js';
import { callback, optional, text } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { OnProgress } from '../node/progress.js';
import { type TextCorpus, textCorpus } from './text-corpus.js';

/** Options of ptb. */
export interface PtbOptions {
  /** A folder with ptb.train.txt, ptb.valid.txt and ptb.test.txt, which may contain any text in that form. */
  readonly dir?: string;
  /** URL (http or https) of a folder with the three files, from which missing ones are fetched into the cache. */
  readonly url?: string;
  /** Called during downloads, and for files that are not read from `dir`. */
  readonly onProgress?: OnProgress;
}

const table = {
  dir: optional(text()),
  url: optional(text()),
  onProgress: optional(callback<OnProgress>()),
} satisfies OptionTable<PtbOptions>;

/**
 * Penn Treebank as prepared for language models (Marcus et al. 1993; Mikolov et al. 2010): 929,589 words for training,
 * 73,760 for validation and 82,430 for testing, from a vocabulary of 10,000 with `<unk>`, `N` for numbers and `<eos>`
 * at the end of each line. Each file is searched for in `dir`, then in the folder ptb of the cache (see cacheFolder),
 * then at `url`. The text is licensed by the Linguistic Data Consortium, so there is no built-in URL. Node only.
 *
 * To train on another of the files, name the files: `textCorpus({ train: 'ptb.valid.txt', test: 'ptb.test.txt' })`.
 * @throws FileError that names the missing files and where to put them, or for a fetched file that is damaged;
 * ValueError for an unknown option or for a `url` that is not an http or https URL.
 */
export async function ptb(options: PtbOptions = {}): Promise<TextCorpus> {
  const { dir, url, onProgress } = resolveOptions('ptb', table, options);
  const mirror = url === undefined ? undefined : mirrorOf(url);
  const { ptbFiles } = await import('../node/ptb-files.js');
  return textCorpus(await ptbFiles({ dir, mirror, onProgress }));
}

function mirrorOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (!address || !/^https?:$/.test(address.protocol)) {
    throw new ValueError(`ptb: expected url to be the address of a folder (http or https), got '${url}'`);
  }
  if (!address.pathname.endsWith('/')) address.pathname += '/';
  return address;
}
