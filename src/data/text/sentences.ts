/** Abbreviations that keep their dot and do not end a sentence; in lower case, without the dot. */
const abbreviations = new Set(
  `adm al apr aug bros capt co col corp dec dr esq etc feb gen gov hon inc jan jr lieut lt ltd maj messrs mr mrs ms
  nov oct prof rep rev sen sens sept sr st viz vs`.split(/\s+/),
);

/** Words that are abbreviations only before a number: `No. 5`. */
const abbreviationsOfNumbers = new Set(['art', 'no', 'nos', 'sec', 'vol']);

/** Initials (`j`) and words made of initials (`u.s`), without the last dot. */
const initials = /^(?:\p{L}\.)*\p{L}$/u;

const contraction = /^(.+)(n't|'(?:s|re|ve|ll|d|m))$/;

/**
 * Splits an English text into sentences of words in the style of Penn Treebank for language models (Mikolov et al.
 * 2010): lower case; punctuation left out, except in abbreviations (`mr.`, `u.s.`) and between letters (`long-term`);
 * contractions split in two (`do n't`, `nation 's`); `$` and `%` as separate words; numbers as `N`, except within words
 * (`13th`). A sentence ends at `.`, `?` or `!` before a capital letter or a number, unless an abbreviation ends there,
 * and at the end of each paragraph, which is an empty line. Notes of applause and laughter, and of pages, are left out.
 */
export function sentencesOf(text: string): string[][] {
  const sentences: string[][] = [];
  for (const paragraph of plainMarks(text).split(/\n\s*\n/)) {
    const pieces = paragraph.split(/\s+/);
    let sentence: string[] = [];
    for (const [i, piece] of pieces.entries()) {
      const next = pieces.at(i + 1);
      sentence.push(...wordsOfPiece(piece, next));
      if (next !== undefined && !endsSentence(piece, next)) continue;
      if (sentence.length > 0) sentences.push(sentence);
      sentence = [];
    }
  }
  return sentences;
}

/** Replaces typographic quotes and hyphens by plain ones, and notes, entities, dashes and leader dots by spaces. */
function plainMarks(text: string): string {
  return text
    .replace(/[[(](?:applause|laughter|missing text|p\.\s?\d+)[^\])]{0,20}[\])]/gi, ' ')
    .replace(/&[a-z]+;/g, ' ')
    .replace(/[“”]/g, '"')
    .replace(/[‘’`]/g, "'")
    .replaceAll('\u2011', '-')
    .replace(/[—–…]|--+|\.\.+/g, ' ');
}

function endsSentence(piece: string, next: string): boolean {
  if (!/^["'([$]*[\p{Lu}\d]/u.test(next)) return false;
  const marked = upToLast(piece, /[^"')\]]+/g);
  const words = upToLast(marked, /[^.?!]+/g);
  const marks = marked.slice(words.length);
  return marks !== '' && (marks !== '.' || !isAbbreviation(bare(words.toLowerCase()), next));
}

function isAbbreviation(word: string, next = ''): boolean {
  return initials.test(word) || abbreviations.has(word) || (abbreviationsOfNumbers.has(word) && /^\d/.test(next));
}

/** Returns a text up to the end of its last match. A pattern that ends in `+$` would take quadratic time. */
function upToLast(text: string, pattern: RegExp): string {
  let end = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) end = index + found.length;
  return text.slice(0, end);
}

/** Removes leading characters that are neither letters nor digits. */
function bare(word: string): string {
  return word.replace(/^[^\p{L}\p{N}]+/u, '');
}

/** Returns the words in a piece of text between two spaces. */
function wordsOfPiece(piece: string, next: string | undefined): string[] {
  if (/^[a-z]+$/i.test(piece)) return [piece.toLowerCase()]; // most pieces; a fast path
  const dollar = /^[^\p{L}\p{N}]*\$/u.test(piece) ? ['$'] : [];
  const core = upToLast(bare(piece.toLowerCase()), /[\p{L}\p{N}%'.]+/gu);
  const word = upToLast(core, /[\p{L}\p{N}]+/gu);
  if (word === '') return dollar;
  if (/^\d[\d.,:/-]*$/.test(word)) return [...dollar, 'N', ...(core.startsWith('%', word.length) ? ['%'] : [])];
  if (core[word.length] === '.' && isAbbreviation(word, next)) return [...dollar, `${word}.`];
  const parts = contraction.exec(word);
  if (parts) return [...dollar, /^\d+$/.test(parts[1]) ? 'N' : parts[1], parts[2]];
  // The possessive of a plural: `the states ' rights`.
  return core.startsWith("'", word.length) && word.endsWith('s') ? [...dollar, word, "'"] : [...dollar, word];
}
