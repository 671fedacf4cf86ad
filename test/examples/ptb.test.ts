import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Corpus, unigramPerplexity } from '../../examples/ptb-lstm/corpus.js';
import { readOptions } from '../../examples/ptb-lstm/options.js';
import { optimizerSettings } from '../../examples/ptb-lstm/paper.js';
import { epochLine } from '../../examples/ptb-lstm/results.js';
import { close } from '../helpers/close.js';
import { bundleExample } from './bundle.js';
import {
  ended,
  killWithinEpoch,
  measured,
  metricsOf,
  type Row,
  start as startProgram,
  untimed as withoutClock,
} from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-ptb-example-'));
const files = Object.fromEntries(
  ['train', 'valid', 'test', 'empty', 'latin', 'crlf'].map((name) => [name, join(folder, `${name}.txt`)]),
);
let program: string;
beforeAll(async () => {
  const sentences = ['the cat sat on the mat', 'the dog sat on the cat', 'N dogs <unk> the mat'];
  const text = (times: number) => `${sentences.join('\n')}\n`.repeat(times);
  writeFileSync(files.train, text(12));
  writeFileSync(files.valid, text(3));
  writeFileSync(files.test, `a bird sat on the mat\n${text(2)}`);
  writeFileSync(files.crlf, text(12).replaceAll('\n', '\r\n'));
  writeFileSync(files.empty, '');
  writeFileSync(files.latin, Uint8Array.of(0x61, 0x20, 0xe9, 0x0a));
  program = await bundleExample('ptb-lstm');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program);
});

const texts = ['--train-file', files.train, '--valid-file', files.valid, '--test-file', files.test];
const small = ['--embedding', '6', '--hidden', '8', '--batch-size', '4', '--bptt', '5', '--epochs', '3', '--seed', '3'];
const start = (...args: string[]) => startProgram(program, folder, args);
const run = (...args: string[]) => ended(start(...args));
const untimed = (rows: readonly Row[]) => withoutClock(rows, 'wordsPerSecond');

describe('the language model example', () => {
  const whole = join(folder, 'whole');

  it('trains each optimizer and writes metrics, report, checkpoint, vocabulary and settings', async () => {
    const { code, out, err } = await run(...texts, ...small, '--threads', '1', '--out', whole);
    expect(err).toBe('');
    expect(code).toBe(0);
    const rows = metricsOf(whole);
    expect(rows.map(({ optimizer, epoch }) => `${optimizer} ${epoch}`)).toEqual(
      ['adapnm', 'adam'].flatMap((name) => [1, 2, 3].map((epoch) => `${name} ${epoch}`)),
    );
    for (const row of rows) {
      expect(Object.keys(row).join()).toBe(
        'optimizer,epoch,lr,trainPerplexity,validPerplexity,testPerplexity,seconds,wordsPerSecond',
      );
      expect(Object.values(row).slice(1).every(Number.isFinite)).toBe(true);
    }
    expect(rows[2].validPerplexity).toBeLessThan(rows[0].validPerplexity as number);
    expect(readdirSync(whole).sort()).toEqual([
      ...['adam.safetensors', 'adapnm.safetensors', 'checkpoint.safetensors', 'config.json', 'metrics.jsonl'],
      ...['report.html', 'vocabulary.json'],
    ]);
    const page = readFileSync(join(whole, 'report.html'), 'utf8');
    for (const text of [
      'Train perplexity',
      'Validation perplexity',
      'Test perplexity',
      'adapnm',
      'adam',
      '(word counts)',
    ]) {
      expect(page).toContain(text);
    }
    expect(out).toMatch(
      /optimizer +train ppl +valid ppl +test ppl +epoch +words\/s\n[- ]+\nadapnm .*\nadam .*\n\(word counts\) +[\d.]+\n/,
    );
    expect(out.split('\n').filter((line) => line.length > 80 && !line.includes(folder))).toEqual([]);
    expect(out).toMatch(/\nadapnm {3}3 {2}lr .*\nadam {5}1 {2}lr /s);
  });

  it('measures the same with another number of threads and with CRLF', async () => {
    const out = join(folder, 'same');
    const crlf = texts.map((text) => (text === files.train ? files.crlf : text));
    expect((await run(...crlf, ...small, '--threads', '2', '--out', out)).code).toBe(0);
    expect(untimed(metricsOf(out))).toEqual(untimed(metricsOf(whole)));
  });

  it('continues after kill -9 at any time with the same results, including the hidden state', async () => {
    const out = join(folder, 'killed');
    await killWithinEpoch(start(...texts, ...small, '--out', out, '--save-every', '0'), out);
    const child = start('--resume', out);
    await measured(child, out, 4);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { code, err } = await run('--resume', out);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(untimed(metricsOf(out))).toEqual(untimed(metricsOf(whole)));
  });

  it('continues a prompt with each model, and repeats with the seed', async () => {
    const sample = (...args: string[]) => run('--resume', whole, '--sample', '9', ...args);
    const { code, out, err } = await sample('--prompt', 'The cat 12');
    expect([code, err]).toEqual([0, '']);
    const [, ...written] = /^adapnm:\n(the cat N\b.*)\n\nadam:\n(the cat N\b.*)\n$/s.exec(out) ?? [];
    expect(written).toHaveLength(2);
    const known: string[] = JSON.parse(readFileSync(join(whole, 'vocabulary.json'), 'utf8'));
    for (const text of written) {
      const words = text.replaceAll('\n', ' <eos> ').trim().split(/\s+/);
      expect(words.length).toBe(12);
      for (const word of words) expect(known).toContain(word);
      expect(words).not.toContain('<unk>');
    }
    expect((await sample('--prompt', 'The cat 12')).out).toBe(out);
    const strange = await sample('--prompt', 'the president speaks');
    expect(strange.err).toMatch(
      /^error: --prompt: expected words that the models know \(\d+\), got 'president', 'speaks'\n$/,
    );
    expect(strange.code).toBe(1);
  });

  it('needs no validation text, and generates text after training', async () => {
    const out = join(folder, 'two');
    const two = ['--train-file', files.train, '--test-file', files.test, ...small, '--optimizer', 'pnm'];
    const done = await run(...two, '--epochs', '1', '--test-size', '3', '--sample', '3', '--out', out);
    expect([done.code, done.err]).toEqual([0, '']);
    expect(done.out).toMatch(/^pnm {3}1 {2}lr .* ppl train +[\d.]+ {2}test +[\d.]+ {2}\d+ w\/s$/m);
    expect(done.out).toMatch(/optimizer +train ppl +test ppl +epoch +words\/s\n/);
    expect(done.out).toMatch(/Report: .*\n\npnm:\nthe\b/);
    expect(metricsOf(out)[0]).not.toHaveProperty('validPerplexity');
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).not.toContain('Validation perplexity');
    expect(page).toContain('lowest test perplexity, as there is no validation text');
  });

  it.each<[string, () => string[], RegExp]>([
    [
      'an empty file',
      () => ['--train-file', files.empty, '--test-file', files.test],
      /empty.txt: expected text, got 0 characters without a word/,
    ],
    [
      'a file that is not UTF-8',
      () => ['--train-file', files.latin, '--test-file', files.test],
      /latin.txt: expected text in UTF-8, got an invalid byte at offset 2/,
    ],
    [
      'a missing file',
      () => ['--train-file', join(folder, 'no.txt'), '--test-file', files.test],
      /no.txt: expected a file that can be read/,
    ],
    [
      'a word without <unk>',
      () => ['--train-file', files.test.replace('test', 'plain'), '--test-file', files.train],
      /expected words of a vocabulary of 3 without <unk>, got 'the' in line 1/,
    ],
    [
      'a batch larger than the text',
      () => [...texts, '--batch-size', '999'],
      /BpttLoader: expected at least 2 words for each of 999 columns, got 2\d\d in all/,
    ],
    [
      'a missing corpus',
      () => ['--corpus', 'ptb', '--data', folder],
      /ptb: expected ptb.train.txt, ptb.valid.txt, ptb.test.txt in .*, got none. Put the missing files there/,
    ],
    ['half of the files', () => ['--train-file', files.train], /'--corpus files' needs --train-file and --test-file/],
    [
      'a URL for another corpus',
      () => ['--url', 'http://127.0.0.1/'],
      /'--url': expected --corpus ptb, got --corpus speeches/,
    ],
    [
      'tied weights of different sizes',
      () => [...texts, '--tie-weights', '--hidden', '9'],
      /expected --embedding and --hidden to be equal, got 128 and 9/,
    ],
  ])('rejects %s with status 1 and no stack trace', async (_, args, message) => {
    writeFileSync(join(folder, 'plain.txt'), 'a b\n'.repeat(20));
    const out = mkdtempSync(join(folder, 'bad-'));
    const child = startProgram(program, folder, [...args(), '--out', out]);
    const { code, err } = await ended(child);
    expect(err).toMatch(message);
    expect(err).toMatch(/^error: /);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
  });
});

describe('the command line of the language model example', () => {
  const settingsOf = (...args: string[]) => readOptions(args).settings;

  it('has the configuration of the paper', () => {
    const settings = settingsOf('--paper');
    expect(settings).toMatchObject({
      ...{ corpus: 'ptb', embedding: 512, hidden: 512, layers: 2, dropout: 0.5, batchSize: 20, bptt: 35, clip: 1 },
      ...{ trainSize: null, testSize: null, optimizer: ['adapnm', 'adam', 'amsgrad'] },
    });
    expect(settings.optimizer.map((_, i) => optimizerSettings(settings, i))).toEqual([
      { lr: 1e-3, weightDecay: 1e-5, decay: 'l2', beta0: 1, amsgrad: false },
      { lr: 1e-3, weightDecay: 1e-5, decay: 'l2' },
      { lr: 1e-3, weightDecay: 1e-5, decay: 'l2' },
    ]);
    expect(settingsOf('--paper', '--hidden', '64', '--optimizer', 'sgd', '--lr', '1')).toMatchObject({
      ...{ hidden: 64, embedding: 512, optimizer: ['sgd'], lr: [1] },
    });
  });

  it('uses whole files unless sizes are given', () => {
    expect(settingsOf(...texts)).toMatchObject({ corpus: 'files', trainSize: null, testSize: null });
    expect(settingsOf(...texts, '--train-size', '50')).toMatchObject({
      corpus: 'files',
      trainSize: 50,
      testSize: null,
    });
    expect(settingsOf()).toMatchObject({ corpus: 'speeches', trainSize: 200_000, testSize: 20_000 });
  });

  it('rejects invalid option values', () => {
    expect(() => readOptions(['--dropout', '2'])).toThrow(CommanderError);
  });

  it('prints epochs in 80 columns', () => {
    const perplexities = { trainPerplexity: 12345.6, validPerplexity: 999.994, testPerplexity: 1000.4 };
    const row = { optimizer: 'adabound', epoch: 200, lr: 1e-5, ...perplexities, seconds: 1, wordsPerSecond: 12345 };
    const line = epochLine(row, 'adabound');
    expect(line.length).toBeLessThanOrEqual(80);
  });
});

it('the unigram perplexity uses counts plus one', () => {
  const corpus = {
    vocabulary: { size: 3 },
    train: Int32Array.of(0, 0, 1),
    test: Int32Array.of(0, 2),
  } as unknown as Corpus;
  close([unigramPerplexity(corpus)], [Math.exp(-(Math.log(3 / 6) + Math.log(1 / 6)) / 2)], 1e-12);
});
