import { duration, table, wrapped } from './format.js';
import type { Run } from './open-run.js';
import { type Report, reportPage } from './report.js';
import type { Metrics } from './run-folder.js';
import type { Surroundings, TrainingSettings } from './training.js';
import { nameColumn, runTrials, type Trial } from './trials.js';

/** What an example says about its own training. */
export interface Comparison {
  /** What is about to be trained. */
  readonly introduction: string;
  /** Begins the training with the i-th optimizer; everything random follows from the seed. */
  begin(i: number): Trial;
  /** An epoch in one line, but for the name of its optimizer, which is `name`. */
  epochLine(row: Metrics, name: string): string;
  /** The report of a run, complete or not. */
  reportOf(rows: readonly Metrics[]): Report;
}

/**
 * Trains one model per optimizer, one after the other: prints a line per epoch and the results in the end, and keeps the
 * report up to date. Throws Interrupted or UserError as runTrials does.
 */
export async function compare<S extends TrainingSettings>(
  { folder, settings, resume }: Run<S>,
  { saveEvery }: Surroundings,
  { introduction, begin, epochLine, reportOf }: Comparison,
): Promise<void> {
  const { optimizer: names, epochs } = settings;
  console.log(wrapped(introduction));
  const start = performance.now();
  const report = (rows: readonly Metrics[]) => folder.replace('report.html', reportPage(reportOf(rows)));
  const onEpoch = async (rows: readonly Metrics[]) => {
    const row = rows[rows.length - 1];
    console.log(epochLine(row, nameColumn(row.optimizer, names)));
    await report(rows);
  };
  const rows = await runTrials({ folder, names, epochs, saveEvery: 60 * saveEvery, begin, onEpoch }, { resume });
  await report(rows);
  console.log(`\n${table(reportOf(rows).results)}\n`);
  console.log(`${duration((performance.now() - start) / 1000)} in all. Report: ${folder.report}`);
}
