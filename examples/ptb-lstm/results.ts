import { counted, optionsTable, short } from '../shared/format.js';
import type { Report } from '../shared/report.js';
import type { Metrics } from '../shared/run-folder.js';
import { settingsTable } from '../shared/training.js';
import { type Corpus, unigramPerplexity } from './corpus.js';
import type { Settings } from './options.js';
import { optimizerSettings } from './paper.js';

/** The line of an epoch in metrics.jsonl. A perplexity is the exponential of the mean loss per word. */
export interface LanguageMetrics extends Metrics {
  readonly lr: number;
  /** Measured during training, with dropout. */
  readonly trainPerplexity: number;
  /** Missing if there is no validation text. */
  readonly validPerplexity: number;
  readonly testPerplexity: number;
  /** Training time, without the time for evaluation. */
  readonly seconds: number;
  readonly wordsPerSecond: number;
}

/** The texts of a run: key of the perplexity, name in tables and title of the chart. */
const texts = [
  ['trainPerplexity', 'train', 'Train perplexity'],
  ['validPerplexity', 'valid', 'Validation perplexity'],
  ['testPerplexity', 'test', 'Test perplexity'],
] as const;

function textsOf({ valid }: Corpus): readonly (typeof texts)[number][] {
  return texts.filter(([, name]) => name !== 'valid' || valid);
}

/** Describes the training that is about to begin. */
export function introduction(settings: Settings, corpus: Corpus): string {
  const { layers, embedding, hidden, batchSize, bptt, epochs, optimizer } = settings;
  const { vocabulary, train, valid, test } = corpus;
  const validation = valid ? `${valid.length} for validation, ` : '';
  return (
    `${layers}-layer LSTM, ${embedding} embedding, ${hidden} hidden; ${settings.corpus}: ${vocabulary.size} different ` +
    `words, ${train.length} for training, ${validation}${test.length} for testing; ` +
    `${counted(epochs, 'epoch')}, batch ${batchSize} x ${bptt}: ${optimizer.join(', ')}`
  );
}

/** Formats an epoch as one line of at most 80 columns; `name` is the name of its optimizer. */
export function epochLine(row: Metrics, name: string): string {
  const { epoch, lr, wordsPerSecond, ...measured } = row as LanguageMetrics;
  const perplexities = texts
    .filter(([key]) => key in measured)
    .map(([key, text]) => `${text} ${fixed(measured[key]).padStart(6)}`);
  const start = `${name} ${String(epoch).padStart(3)}  lr ${short(lr).padEnd(5)}`;
  return `${start}  ppl ${perplexities.join('  ')}  ${Math.round(wordsPerSecond)} w/s`;
}

/**
 * The results of each optimizer at the epoch with the lowest validation perplexity, or the lowest test perplexity if
 * there is no validation text. The training perplexity is that of the last epoch. The last row is the unigram model.
 */
function resultsOf(settings: Settings, corpus: Corpus, rows: readonly Metrics[]): string[][] {
  const names = textsOf(corpus);
  const judge = corpus.valid ? 'validPerplexity' : 'testPerplexity';
  const results = settings.optimizer.flatMap((name) => {
    const own = rowsOf(rows, name);
    const last = own.at(-1);
    if (!last) return [];
    const best = own.reduce((least, row) => (row[judge] < least[judge] ? row : least));
    const words = own.reduce((sum, { wordsPerSecond, seconds }) => sum + wordsPerSecond * seconds, 0);
    const speed = words / own.reduce((sum, { seconds }) => sum + seconds, 0);
    const perplexities = names.map(([key]) => fixed((key === 'trainPerplexity' ? last : best)[key]));
    return [[name, ...perplexities, String(best.epoch), String(Math.round(speed))]];
  });
  const head = ['optimizer', ...names.map(([, name]) => `${name} ppl`), 'epoch', 'words/s'];
  const unigram = names.map(([, name]) => (name === 'test' ? fixed(unigramPerplexity(corpus)) : ''));
  return [head, ...results, ['(word counts)', ...unigram, '', '']];
}

/** The report of a run, finished or not. */
export function reportOf(settings: Settings, corpus: Corpus, rows: readonly Metrics[]): Report {
  const names = settings.optimizer;
  const columns = textsOf(corpus);
  const chosen = corpus.valid
    ? 'lowest validation perplexity'
    : 'lowest test perplexity, as there is no validation text';
  return {
    title: `Language model: ${names.join(', ')}`,
    summary:
      `${introduction(settings, corpus)}. Perplexity is the exponential of the mean loss per word; word counts alone ` +
      `reach ${fixed(unigramPerplexity(corpus))} on the test text. Results are from the epoch with the ${chosen}.`,
    names,
    charts: columns.map(([key, , title]) => ({
      title,
      percent: false,
      curves: names.map((name) => ({ name, points: rowsOf(rows, name).map((row) => [row.epoch, row[key]] as const) })),
    })),
    results: resultsOf(settings, corpus, rows),
    options: optionsTable(names.map((name, i) => [name, optimizerSettings(settings, i)])),
    settings: settingsTable(settings),
    measurements: [
      ['optimizer', 'epoch', 'lr', ...columns.map(([, name]) => `${name} ppl`), 'seconds', 'words/s'],
      ...(rows as readonly LanguageMetrics[]).map((row) => [
        ...[row.optimizer, String(row.epoch), short(row.lr), ...columns.map(([key]) => fixed(row[key]))],
        ...[row.seconds.toFixed(1), row.wordsPerSecond.toFixed(0)],
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
