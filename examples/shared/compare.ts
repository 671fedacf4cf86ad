import { device } from 'antinode';
import { duration, table, wrapped } from './format.js';
import { type Report, reportPage } from './report.js';
import type { Run } from './run.js';
import type { Metrics } from './run-folder.js';
import type { Surroundings, TrainingSettings } from './training.js';
import { nameColumn, runTrials, type Trial } from './trials.js';

/** The parts of a comparison that each example defines. */
export interface Comparison {
  /** Describes the training that is about to begin. */
  readonly introduction: string;
  /** Begins the training with the i-th optimizer. The seed determines everything random. */
  begin(i: number): Trial;
  /** Formats an epoch as one line; `name` is the padded name of its optimizer. */
  epochLine(row: Metrics, name: string): string;
  /** The report of a run, finished or not. */
  reportOf(rows: readonly Metrics[]): Report;
}

/**
 * Trains one model per optimizer in sequence. Prints a line per epoch and the results at the end, and keeps the report
 * up to date.
 *
 * @throws Interrupted when the user stops the run.
 * @throws UserError when a loss is not finite.
 */
export async function compare<S extends TrainingSettings>(
  { folder, settings, resume, interrupt }: Run<S>,
  { saveEvery }: Surroundings,
  { introduction, begin, epochLine, reportOf }: Comparison,
): Promise<void> {
  const { optimizer: names, epochs } = settings;
  console.log(wrapped(introduction));
  const { fallback } = device.info();
  if (fallback !== undefined) console.log(wrapped(`not as fast as it could be: ${fallback}`));
  const start = performance.now();
  const report = (rows: readonly Metrics[]) => folder.replace('report.html', reportPage(reportOf(rows)));
  const onEpoch = async (rows: readonly Metrics[]) => {
    const row = rows[rows.length - 1];
    console.log(epochLine(row, nameColumn(row.optimizer, names)));
    await report(rows);
  };
  const trials = { folder, names, epochs, saveEvery: 60 * saveEvery, interrupt, begin, onEpoch };
  const rows = await runTrials(trials, { resume });
  await report(rows);
  console.log(`\n${table(reportOf(rows).results)}\n`);
  console.log(`${duration((performance.now() - start) / 1000)} in all. Report: ${folder.report}`);
}
