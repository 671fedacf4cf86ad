import { expectObject, expectText } from '../../tensor/expect.js';
import { atLeast } from '../../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { NamedText } from './named-text.js';
import { sentencesOf } from './sentences.js';
import type { TextSplit } from './text-corpus.js';
import { mostFrequentFirst, unknownWord } from './vocabulary.js';

/** Options of prepareText. */
export interface PrepareTextOptions {
  /** Maximum size of the vocabulary, including `<unk>` and `<eos>`. Default 10000, as in Penn Treebank. */
  readonly vocabularySize?: number;
}

// at least one word besides <unk> and <eos>
const table: OptionTable<Required<PrepareTextOptions>> = { vocabularySize: atLeast(3, 10_000) };

/**
 * Converts raw English text to the form of Penn Treebank, which textCorpus reads: one sentence per line, in lower case,
 * without punctuation, numbers as `N` (see docs/data.md). Keeps the most frequent words of the training part if they
 * occur there at least twice; other words become `<unk>` in every part.
 * @throws ValueError for an unknown option or a vocabulary of fewer than 3 words.
 * @example
 * const corpus = await textCorpus(prepareText({ train: 'It rained. I read.', test: 'I read.' }));
 */
export function prepareText<S extends TextSplit>(
  texts: Readonly<Record<S | 'train', string>>,
  options: PrepareTextOptions = {},
): Record<S | 'train', NamedText> {
  const { vocabularySize } = resolveOptions('prepareText', table, options);
  expectObject('prepareText', 'texts by the name of their part', texts);
  for (const text of Object.values<unknown>(texts)) expectText('prepareText', 'texts', text);
  const parts = Object.entries<string>(texts).map(([split, text]) => [split, sentencesOf(text)] as const);
  const train = parts.find(([split]) => split === 'train')?.[1] ?? [];
  const counts = new Map<string, number>();
  for (const sentence of train) for (const word of sentence) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequent = mostFrequentFirst(counts).slice(0, vocabularySize - 2);
  const known = new Set(frequent.filter((word) => (counts.get(word) ?? 0) > 1));
  const line = (sentence: string[]) => sentence.map((word) => (known.has(word) ? word : unknownWord)).join(' ');
  const prepared = parts.map(([split, sentences]) => {
    return [split, { name: split, text: sentences.map((sentence) => `${line(sentence)}\n`).join('') }];
  });
  return Object.fromEntries(prepared);
}
