import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareText } from '../../src/data/text/prepare-text.js';
import { sentencesOf } from '../../src/data/text/sentences.js';
import { textCorpus } from '../../src/data/text/text-corpus.js';
import { Vocabulary } from '../../src/data/text/vocabulary.js';
import { FileError, ValueError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and returns its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const word = fc.stringMatching(/^[a-zé'.]{1,5}$/);
const line = fc.array(word, { minLength: 1, maxLength: 6 });
const text = fc
  .array(line, { minLength: 1, maxLength: 8 })
  .map((lines) => lines.map((words) => `${words.join(' ')}\n`).join(''));

describe('Vocabulary', () => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(text, (t) => {
        const vocabulary = Vocabulary.fromText(t);
        expect(vocabulary.decode(vocabulary.encode(t))).toBe(t);
        const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        expect(again.words).toEqual(vocabulary.words);
      }),
    );
  });

  it('numbers the most frequent words first, whatever the order of the lines', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
        const of = (list: string[][]) =>
          Vocabulary.fromText(list.map((words) => `${words.join(' ')}\n`).join('')).words;
        expect(of([...lines].reverse())).toEqual(of(lines));
        const all = [...lines.flat(), ...lines.map(() => '<eos>')];
        const counts = of(lines).map((w) => all.filter((other) => other === w).length);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
      }),
    );
  });

  it('counts other words as <unk>, or reports the missing word and its line', () => {
    const known = Vocabulary.fromText('a <unk>\n');
    expect(known.decode(known.encode('a b a\n'))).toBe('a <unk> a\n');
    expect([known.has('b'), known.index('b')]).toEqual([false, known.index('<unk>')]);
    const strict = Vocabulary.fromText('a b\nc\n');
    expect(() => strict.encode('a\nb d\n', 'my.txt')).toThrow(ValueError);
    expect(() => strict.encode('a\nb d\n', 'my.txt')).toThrow(
      /^my.txt: expected words of a vocabulary of 4 without <unk>, got 'd' in line 2$/,
    );
    expect(() => strict.index('d')).toThrow(/<unk> is not one of them\), got 'd'$/);
    expect(() => strict.decode([0, 9])).toThrow(/^Vocabulary: expected numbers from 0 to 3, got 9 at 1$/);
  });

  it.each([
    ['no words', [], /at least one word, got none/],
    ['a word twice', ['a', 'a'], /distinct words without white space, got 'a' at 1/],
    ['white space', ['a b'], /got 'a b' at 0/],
    ['a number', [1], /got 1 at 0/],
  ])('rejects %s', (_, words, message) => {
    expect(() => Vocabulary.fromJSON(words)).toThrow(message);
  });
});

describe('textCorpus', () => {
  it('reads parts from files, bytes and text, with the vocabulary of the training part', async () => {
    const { vocabulary, train, valid, test } = await textCorpus({
      train: file('train.txt', 'the <unk> cat\nthe mat\n'),
      valid: { name: 'valid', bytes: new TextEncoder().encode('the dog\n') },
      test: { text: 'mat' },
    });
    expect(vocabulary.decode(train)).toBe('the <unk> cat\nthe mat\n');
    expect(vocabulary.decode(valid)).toBe('the <unk>\n');
    expect(vocabulary.decode(test)).toBe('mat\n');
    const again = await textCorpus({ test: { text: 'cat' } }, { vocabulary });
    expect(vocabulary.decode(again.test)).toBe('cat\n');
  });

  it('treats CRLF, a byte order mark and a missing last line end like plain lines', async () => {
    const plain = await textCorpus({ train: { text: 'a b\nc\n' } });
    for (const [i, same] of ['a b\r\nc\r\n', '\ufeffa b\nc\n', 'a b\nc', ' a  b\t\nc\n'].entries()) {
      expect((await textCorpus({ train: file(`same${i}.txt`, same) })).train).toEqual(plain.train);
    }
  });

  it('names a file that is missing, empty or not UTF-8, with the offset of the first invalid byte', async () => {
    const of = (path: string) => textCorpus({ train: path });
    await expect(of(join(folder, 'none.txt'))).rejects.toThrow(
      /none.txt: expected a file that can be read, got .*ENOENT/,
    );
    await expect(of(file('empty.txt', ''))).rejects.toThrow(
      /empty.txt: expected text, got 0 characters without a word$/,
    );
    await expect(of(file('blank.txt', ' \n\n'))).rejects.toThrow(FileError);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 30 }), async (start) => {
        const good = new TextEncoder().encode(start);
        const bad = new Uint8Array([...good, 0xff, 0x61]);
        const bytes = textCorpus({ train: { name: 'x.txt', bytes: bad } });
        await expect(bytes).rejects.toThrow(
          `x.txt: expected text in UTF-8, got an invalid byte at offset ${good.length}`,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('rejects unknown parts and options, and a missing training part', async () => {
    await expect(textCorpus({ dev: { text: 'a' } } as never)).rejects.toThrow(/train, valid, test, got 'dev'$/);
    await expect(textCorpus({ train: { text: 'a' } }, { lower: true } as never)).rejects.toThrow(/got 'lower'$/);
    await expect(textCorpus({ test: { text: 'a' } })).rejects.toThrow(
      /a source for train, or a vocabulary, got neither$/,
    );
  });
});

describe('sentencesOf', () => {
  const lines = (t: string) => sentencesOf(t).map((words) => words.join(' '));

  it.each([
    ['It rained. I read.', ['it rained', 'i read']],
    ['Mr. Smith of the U.S. Senate spoke.', ['mr. smith of the u.s. senate spoke']],
    [
      "The nation's debt isn't small; the States' rights are.",
      ["the nation 's debt is n't small the states ' rights are"],
    ],
    ['In 1790, $1,000.50 or 5% -- the 13th part!', ['in N $ N or N % the 13th part']],
    ['Long-term peace? Yes (Applause.) indeed.', ['long-term peace', 'yes indeed']],
    ['See Art. 5 and No. 7. Art is long.', ['see art. N and no. N', 'art is long']],
    ['One\nparagraph\n\nand another', ['one paragraph', 'and another']],
    ['“Quoted” words—dashes … dots', ['quoted words dashes dots']],
  ])('%s', (raw, expected) => {
    expect(lines(raw)).toEqual(expected);
  });

  it('returns words without white space, in lower case except for N', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (raw) => {
        for (const w of sentencesOf(raw).flat()) {
          expect(w).toMatch(/^\S+$/);
          expect(w === 'N' || w === w.toLowerCase()).toBe(true);
        }
      }),
    );
  });
});

describe('prepareText', () => {
  it('keeps the most frequent words of the training part that occur at least twice', async () => {
    const prepared = prepareText({ train: 'A cat. A cat saw a dog. The dog sat. The end.', test: 'The bird sat.' });
    expect(prepared.train.text).toBe('a cat\na cat <unk> a dog\nthe dog <unk>\nthe <unk>\n');
    expect(prepared.test.text).toBe('the <unk> <unk>\n');
    const small = prepareText({ train: 'a a a b b c c' }, { vocabularySize: 3 });
    expect(small.train.text).toBe('a a a <unk> <unk> <unk> <unk>\n');
    expect((await textCorpus(small)).vocabulary.size).toBe(3);
  });

  it('rejects invalid options', () => {
    expect(() => prepareText({ train: 'a' }, { vocabularySize: 2 })).toThrow(/integer >= 3, got 2$/);
    expect(() => prepareText({ train: 'a' }, { size: 3 } as never)).toThrow(/vocabularySize, got 'size'$/);
  });
});

it('raw text is prepared in linear time, whatever it contains', () => {
  const unit = fc.constantFrom(
    '!',
    '?',
    '.',
    "'",
    '"',
    ')',
    '(p.',
    'a',
    "n't",
    '-',
    '$',
    '%',
    '1,',
    '&a',
    '\n',
    ' ',
    'é',
    '𝒜',
  );
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 3 }), unit, unit, (inner, first, last) => {
      const text = first + inner.join('').repeat(100_000) + last;
      // quadratic time would exceed the limit of a test
      expect(prepareText({ train: text }).train.text.length).toBeLessThan(4 * text.length);
    }),
    { numRuns: 30, examples: [[['!'], 'a', 'a']] },
  );
});
