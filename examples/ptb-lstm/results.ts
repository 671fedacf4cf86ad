import { optionsTable, padded, short } from '../shared/format.js';
import type { Report } from '../shared/report.js';
import type { Metrics } from '../shared/run-folder.js';
import { milestonesOf } from '../shared/training.js';
import { type Corpus, unigramPerplexity } from './corpus.js';
import type { Settings } from './options.js';
import { optimizerSettings } from './paper.js';

/** An epoch's line of metrics.jsonl: perplexities, the exponentials of the mean loss of a word. */
export interface LanguageMetrics extends Metrics {
  readonly lr: number;
  /** While training, with dropout. */
  readonly trainPerplexity: number;
  readonly validPerplexity: number;
  readonly testPerplexity: number;
  /** Of training, without measuring. */
  readonly seconds: number;
  readonly wordsPerSecond: number;
}

/** What is about to be trained. */
export function introduction(settings: Settings, corpus: Corpus): string {
  const { layers, embedding, hidden, batchSize, bptt, epochs } = settings;
  const { vocabulary, train, valid, test } = corpus;
  return (
    `${layers}-layer LSTM, ${embedding} embedding, ${hidden} hidden; ${settings.corpus}: ${vocabulary.size} different ` +
    `words, ${train.length} for training, ${valid.length} for validation, ${test.length} for testing; ` +
    `${epochs} epochs, batch ${batchSize} x ${bptt}`
  );
}

/** An epoch in one line of at most 80 columns, aligned with those of the other optimizers. */
export function epochLine(row: Metrics, names: readonly string[]): string {
  const { optimizer, epoch, lr, trainPerplexity, validPerplexity, testPerplexity, wordsPerSecond } =
    row as LanguageMetrics;
  const text = (perplexity: number) => fixed(perplexity).padStart(6);
  return [
    `${padded(optimizer, names)} ${String(epoch).padStart(3)}`,
    `lr ${short(lr).padEnd(5)}`,
    `ppl train ${text(trainPerplexity)}`,
    `valid ${text(validPerplexity)}`,
    `test ${text(testPerplexity)}`,
    `${Math.round(wordsPerSecond)} w/s`,
  ].join('  ');
}

/** The test perplexity of each optimizer's epoch with the best validation, beside that of counting words. */
export function resultsOf(settings: Settings, corpus: Corpus, rows: readonly Metrics[]): string[][] {
  const results = settings.optimizer.flatMap((name) => {
    const own = rowsOf(rows, name);
    const last = own.at(-1);
    if (!last) return [];
    const best = own.reduce((least, row) => (row.validPerplexity < least.validPerplexity ? row : least));
    const words = own.reduce((sum, { wordsPerSecond, seconds }) => sum + wordsPerSecond * seconds, 0);
    const speed = words / own.reduce((sum, { seconds }) => sum + seconds, 0);
    const perplexities = [last.trainPerplexity, best.validPerplexity, best.testPerplexity].map(fixed);
    return [[name, ...perplexities, String(best.epoch), String(Math.round(speed))]];
  });
  const head = ['optimizer', 'train ppl', 'valid ppl', 'test ppl', 'epoch', 'words/s'];
  return [head, ...results, ['(word counts)', '', '', fixed(unigramPerplexity(corpus)), '', '']];
}

/** The report of a run, complete or not. */
export function reportOf(settings: Settings, corpus: Corpus, rows: readonly Metrics[]): Report {
  const all = rows as readonly LanguageMetrics[];
  const names = settings.optimizer;
  const chart = (title: string, key: 'trainPerplexity' | 'validPerplexity' | 'testPerplexity') => ({
    title,
    percent: false,
    curves: names.map((name) => ({
      name,
      points: rowsOf(rows, name).map((row) => [row.epoch, row[key]] as [number, number]),
    })),
  });
  return {
    title: `Language model: ${names.join(', ')}`,
    summary: `${introduction(settings, corpus)}. Perplexity is the exponential of the mean loss of a word; word counts alone have ${fixed(unigramPerplexity(corpus))} on the test text. Results are those of the epoch with the best validation.`,
    names,
    charts: [
      chart('Train perplexity', 'trainPerplexity'),
      chart('Validation perplexity', 'validPerplexity'),
      chart('Test perplexity', 'testPerplexity'),
    ],
    results: resultsOf(settings, corpus, rows),
    options: optionsTable(names.map((name, i) => [name, optimizerSettings(settings, i)])),
    settings: [
      ...Object.entries(settings)
        .filter(([, value]) => value !== null && !Array.isArray(value))
        .map(([name, value]): [string, string] => [name, String(value)]),
      ['lr / 10 after epochs', milestonesOf(settings).join(', ') || 'none'],
    ],
    measurements: [
      ['optimizer', 'epoch', 'lr', 'train ppl', 'valid ppl', 'test ppl', 'seconds', 'words/s'],
      ...all.map((row) => [
        ...[row.optimizer, String(row.epoch), short(row.lr), fixed(row.trainPerplexity), fixed(row.validPerplexity)],
        ...[fixed(row.testPerplexity), row.seconds.toFixed(1), row.wordsPerSecond.toFixed(0)],
      ]),
    ],
  };
}

function rowsOf(rows: readonly Metrics[], name: string): LanguageMetrics[] {
  return (rows as readonly LanguageMetrics[]).filter(({ optimizer }) => optimizer === name);
}

function fixed(perplexity: number): string {
  return perplexity < 1e4 ? perplexity.toFixed(perplexity < 1000 ? 2 : 0) : perplexity.toExponential(1);
}
