import { counted, optionsTable, percent, short } from '../shared/format.js';
import type { Report } from '../shared/report.js';
import type { Metrics } from '../shared/run-folder.js';
import { settingsTable } from '../shared/training.js';
import type { Settings } from './options.js';
import { optimizerOptions } from './paper.js';

/** The line of an epoch in metrics.jsonl. Errors are fractions from 0 to 1. */
export interface CifarMetrics extends Metrics {
  readonly lr: number;
  readonly trainLoss: number;
  readonly trainError: number;
  readonly testLoss: number;
  readonly testError: number;
  /** Training time, without the time for the test images. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

const titles = { cifar10: 'CIFAR-10', cifar100: 'CIFAR-100', folder: 'folder' };

/** Describes the training that is about to begin. */
export function introduction(settings: Settings): string {
  const { model, width, trainSize, testSize, epochs, batchSize, optimizer } = settings;
  const name = settings.dataset === 'cifar10' ? '' : `${titles[settings.dataset]}, `;
  return (
    `${name}${model}, width ${width}, ${trainSize ?? 'all'} training and ${testSize ?? 'all'} test images, ` +
    `${counted(epochs, 'epoch')}, batch ${batchSize}: ${optimizer.join(', ')}`
  );
}

/** Formats an epoch as one line of at most 80 columns; `name` is the name of its optimizer. */
export function epochLine(row: Metrics, name: string): string {
  const { epoch, lr, trainLoss, trainError, testError, imagesPerSecond } = row as CifarMetrics;
  return [
    `${name} ${String(epoch).padStart(3)}`,
    `lr ${short(lr).padEnd(5)}`,
    `loss ${trainLoss.toFixed(3)}`,
    `err train ${percent(trainError).padStart(6)}`,
    `test ${percent(testError).padStart(6)}`,
    `${Math.round(imagesPerSecond)} img/s`,
  ].join('  ');
}

/** Final and best test error of each optimizer, as the rows of a table; the first row is the header. */
export function resultsOf(settings: Settings, rows: readonly Metrics[]): string[][] {
  const results = settings.optimizer.flatMap((name) => {
    const own = rowsOf(rows, name);
    const last = own.at(-1);
    if (!last) return [];
    const best = bestOf(own);
    const images = own.reduce((sum, { imagesPerSecond, seconds }) => sum + imagesPerSecond * seconds, 0);
    const speed = images / own.reduce((sum, { seconds }) => sum + seconds, 0);
    const bestText = `${percent(best.testError)} (epoch ${best.epoch})`;
    return [[name, percent(last.testError), bestText, last.trainLoss.toFixed(4), String(Math.round(speed))]];
  });
  return [['optimizer', 'final test error', 'best test error', 'train loss', 'images/s'], ...results];
}

/** The report of a run, finished or not. */
export function reportOf(settings: Settings, rows: readonly Metrics[]): Report {
  const all = rows as readonly CifarMetrics[];
  const names = settings.optimizer;
  const chart = (title: string, key: 'trainLoss' | 'trainError' | 'testError') => ({
    title,
    percent: key !== 'trainLoss',
    curves: names.map((name) => ({
      name,
      points: rowsOf(rows, name).map((row) => [row.epoch, row[key]] as [number, number]),
    })),
  });
  const best = all.length > 0 ? bestOf(all) : undefined;
  return {
    title: `${titles[settings.dataset]}: ${names.join(', ')}`,
    summary:
      `${introduction(settings)}.` +
      (best ? ` Lowest test error: ${percent(best.testError)} (${best.optimizer}, epoch ${best.epoch}).` : ''),
    names,
    charts: [chart('Train loss', 'trainLoss'), chart('Train error', 'trainError'), chart('Test error', 'testError')],
    results: resultsOf(settings, rows),
    options: optionsTable(names.map((name, i) => [name, optimizerOptions(settings, i)])),
    settings: settingsTable(settings),
    measurements: [
      ['optimizer', 'epoch', 'lr', 'train loss', 'train error', 'test loss', 'test error', 'seconds', 'images/s'],
      ...all.map((row) => [
        ...[row.optimizer, String(row.epoch), short(row.lr), row.trainLoss.toFixed(4), percent(row.trainError)],
        ...[row.testLoss.toFixed(4), percent(row.testError), row.seconds.toFixed(1), row.imagesPerSecond.toFixed(0)],
      ]),
    ],
  };
}

function rowsOf(rows: readonly Metrics[], name: string): CifarMetrics[] {
  return (rows as readonly CifarMetrics[]).filter(({ optimizer }) => optimizer === name);
}

function bestOf(rows: readonly CifarMetrics[]): CifarMetrics {
  return rows.reduce((best, row) => (row.testError < best.testError ? row : best));
}
