import { textOf, ValueError } from '../../errors.js';
import { expectList, expectNumbers, expectText } from '../../tensor/expect.js';

/** The token that stands for every word that is not in a vocabulary. */
export const unknownWord = '<unk>';

/** The token at the end of each line. */
const endOfLine = '<eos>';

/**
 * The words of a language model, numbered from 0. Text is words between white space; each line end is the word `<eos>`.
 * A word that is not in the vocabulary counts as `<unk>` if the vocabulary contains `<unk>`.
 * @example
 * const vocabulary = Vocabulary.fromText('the cat sat on the mat\n');
 * vocabulary.decode(vocabulary.encode('the mat sat\n')); // 'the mat sat\n'
 */
export class Vocabulary {
  /** The words by number. */
  readonly words: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  /** @throws ValueError for words that repeat, are empty or contain white space, and for an empty list. */
  constructor(words: readonly string[]) {
    expectList('Vocabulary', 'a list of words', words);
    if (words.length === 0) throw new ValueError('Vocabulary: expected at least one word, got none');
    this.words = [...words];
    const numbers = new Map<string, number>();
    for (const [i, word] of words.entries()) {
      if (typeof word !== 'string' || !/^\S+$/.test(word) || numbers.has(word)) {
        throw new ValueError(`Vocabulary: expected distinct words without white space, got ${textOf(word)} at ${i}`);
      }
      numbers.set(word, i);
    }
    this.#numbers = numbers;
  }

  /**
   * Makes a vocabulary of the words of a text, most frequent first; equally frequent words are in the order of their
   * code units.
   */
  static fromText(text: string): Vocabulary {
    expectText('Vocabulary', 'text', text);
    const counts = new Map<string, number>();
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
    return new Vocabulary(mostFrequentFirst(counts));
  }

  /**
   * Restores a vocabulary from the result of `toJSON`.
   * @throws ValueError for anything else.
   */
  static fromJSON(value: unknown): Vocabulary {
    if (!Array.isArray(value)) throw new ValueError(`Vocabulary: expected a list of words, got ${typeof value}`);
    return new Vocabulary(value);
  }

  /** Number of words. */
  get size(): number {
    return this.words.length;
  }

  /** True if `word` itself is one of the words. */
  has(word: string): boolean {
    return this.#numbers.has(word);
  }

  /**
   * Returns the number of a word, or that of `<unk>`.
   * @throws ValueError if the vocabulary contains neither.
   */
  index(word: string): number {
    const index = this.#find(word);
    if (index === undefined) {
      throw new ValueError(
        `Vocabulary: expected one of ${this.size} words (<unk> is not one of them), got ${textOf(word)}`,
      );
    }
    return index;
  }

  /**
   * Returns the numbers of the words of a text.
   * @param name origin of the text, for error messages
   * @throws ValueError with the word and its line for a word that is not in a vocabulary without `<unk>`.
   */
  encode(text: string, name = 'Vocabulary'): Int32Array {
    expectText('Vocabulary', 'text', text);
    expectText('Vocabulary', 'a name of the text', name);
    const indices: number[] = [];
    let line = 1;
    for (const word of wordsOf(text)) {
      const index = this.#find(word);
      if (index === undefined) {
        throw new ValueError(
          `${name}: expected words of a vocabulary of ${this.size} without <unk>, got '${word}' in line ${line}`,
        );
      }
      indices.push(index);
      if (word === endOfLine) line++;
    }
    return new Int32Array(indices);
  }

  /**
   * Returns the text for word numbers: words separated by single spaces, a line end for each `<eos>`.
   * @throws ValueError for a number out of range.
   */
  decode(indices: ArrayLike<number>): string {
    expectNumbers('Vocabulary', 'a list of word numbers', indices);
    const parts: string[] = [];
    let lineBegins = true;
    for (let i = 0; i < indices.length; i++) {
      const word = typeof indices[i] === 'number' ? this.words[indices[i]] : undefined;
      if (word === undefined) {
        throw new ValueError(
          `Vocabulary: expected numbers from 0 to ${this.size - 1}, got ${textOf(indices[i])} at ${i}`,
        );
      }
      const ends = word === endOfLine;
      parts.push(ends ? '\n' : lineBegins ? word : ` ${word}`);
      lineBegins = ends;
    }
    return parts.join('');
  }

  /** Returns the words by number, which `fromJSON` accepts; checkpoints store them. */
  toJSON(): string[] {
    return [...this.words];
  }

  #find(word: string): number | undefined {
    return this.#numbers.get(word) ?? this.#numbers.get(unknownWord);
  }
}

/** Returns the keys of a map of counts, highest count first, equal counts in the order of code units. */
export function mostFrequentFirst(counts: ReadonlyMap<string, number>): string[] {
  const order = ([a, m]: [string, number], [b, n]: [string, number]) => n - m || (a < b ? -1 : 1);
  return [...counts].sort(order).map(([word]) => word);
}

/** Yields the words of a text, with `<eos>` for each line end. */
export function* wordsOf(text: string): Generator<string, void, undefined> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    for (const word of text.slice(start, end < 0 ? undefined : end).split(/\s+/)) if (word !== '') yield word;
    if (end < 0) return;
    yield endOfLine;
    start = end + 1;
  }
}
