import { ValueError } from '../../errors.js';
import { instance, optional } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { NamedBytes } from '../named-bytes.js';
import { decodeText, type NamedText, normalizeText } from './named-text.js';
import { Vocabulary } from './vocabulary.js';

/** The parts of a corpus. */
export type TextSplit = 'train' | 'valid' | 'test';

/** A source of text: the path of a UTF-8 file (Node only), its bytes, or the text itself. */
export type TextSource = string | NamedBytes | NamedText;

/** A text for language modelling: each part is one sequence of word numbers, with `<eos>` at the end of each line. */
export type TextCorpus<S extends TextSplit = TextSplit> = { readonly vocabulary: Vocabulary } & Readonly<
  Record<S, Int32Array>
>;

/** Options of textCorpus. */
export interface TextCorpusOptions {
  /** Numbers the words, for example as a trained model does. Default: the words of the training part. */
  readonly vocabulary?: Vocabulary;
}

const table = {
  vocabulary: optional(instance(Vocabulary, 'a Vocabulary')),
} satisfies OptionTable<TextCorpusOptions>;

const splits: readonly string[] = ['train', 'valid', 'test'] satisfies TextSplit[];

/**
 * Reads a corpus of text in the form of Penn Treebank: one sentence per line, words separated by white space, rare
 * words already replaced by `<unk>`. Words of other parts that do not occur in the training part count as `<unk>`. A
 * byte order mark is dropped, CRLF counts as LF, the end of the last line may be missing, and an empty line becomes a
 * single `<eos>`. prepareText converts raw text to this form.
 * @param sources the parts to read; 'train' may be left out if a vocabulary is given
 * @throws FileError for files that are missing, empty or not UTF-8; ValueError with the word, file and line for a word
 * that is not in a vocabulary without `<unk>`.
 * @example
 * const { vocabulary, train, test } = await textCorpus({ train: 'ptb.valid.txt', test: 'ptb.test.txt' });
 */
export async function textCorpus<S extends TextSplit>(
  sources: Readonly<Record<S, TextSource>>,
  options: TextCorpusOptions = {},
): Promise<TextCorpus<S>> {
  const { vocabulary: given } = resolveOptions('textCorpus', table, options);
  const entries = Object.entries<TextSource>(sources);
  for (const [split] of entries) {
    if (!splits.includes(split))
      throw new ValueError(`textCorpus: expected sources among train, valid, test, got '${split}'`);
  }
  const texts = new Map<string, Required<NamedText>>();
  for (const [split, source] of entries) texts.set(split, normalizeText(await read(split, source)));
  const train = texts.get('train');
  if (!given && !train) throw new ValueError('textCorpus: expected a source for train, or a vocabulary, got neither');
  const vocabulary = given ?? Vocabulary.fromText(train?.text ?? '');
  const streams = [...texts].map(([split, { name, text }]) => [split, vocabulary.encode(text, name)]);
  return { vocabulary, ...Object.fromEntries(streams) };
}

async function read(split: string, source: TextSource): Promise<NamedText> {
  if (typeof source === 'string') {
    const { readTextFile } = await import('../node/text-file.js');
    return decodeText(await readTextFile(source));
  }
  if ('bytes' in source) return decodeText(source);
  return { name: split, ...source };
}
