import { defaultGenerator, io } from 'antinode';
import { onInterrupt } from './interrupt.js';
import { Progress, timeLeft } from './progress.js';
import type { Metrics, RunFolder } from './run-folder.js';
import { Interrupted, UserError } from './user-error.js';

/** What an epoch measured, by name, in the order of the columns. */
export type Values = Readonly<Record<string, number>>;

/** What a training step tells: its loss, and words for the progress bar. */
export interface StepReport {
  readonly loss: number;
  readonly note: string;
}

/** The current epoch, as the code that trains sees it. */
export interface Epoch {
  /**
   * To be awaited in every training step, before the parameters change: shows the progress. Throws UserError if the loss
   * is not finite, Interrupted if the user wants to stop.
   */
  step(report: StepReport): Promise<void>;
}

/** The training of one model with one optimizer. */
export interface Trial {
  /** Objects whose state a checkpoint holds: model, optimizer, schedule, loader. */
  readonly parts: Readonly<Record<string, io.Stateful>>;
  /** Training steps in an epoch. */
  readonly steps: number;
  /** The learning rate in use. */
  lr(): number;
  /** Trains for one epoch and measures. */
  train(epoch: Epoch): Promise<Values>;
  /** Frees what the trial holds. */
  dispose(): void;
}

/** Trials one after the other, each for `epochs` epochs. */
export interface Trials {
  readonly folder: RunFolder;
  readonly names: readonly string[];
  readonly epochs: number;
  /** Begins the i-th trial; everything random follows from the seed. */
  begin(i: number): Trial;
  /** An epoch in one line for the terminal. */
  describe(row: Metrics): string;
  /** Called after every epoch with all lines so far, to write the report. */
  onEpoch(rows: readonly Metrics[]): Promise<void>;
}

/** Where a run stands: which trial, how many of its epochs are done, and the metrics up to there. */
interface Position {
  trial: number;
  epoch: number;
  rows: Metrics[];
}

/**
 * Runs trials with a checkpoint after every epoch, from the start or, with `resume`, from the last checkpoint, so that
 * both end in the same numbers. Returns all metrics. Throws Interrupted or UserError as Epoch.step does.
 */
export async function runTrials(trials: Trials, { resume }: { readonly resume: boolean }): Promise<Metrics[]> {
  const { folder, names, epochs } = trials;
  const interrupt = onInterrupt();
  const position = resume ? await readPosition(folder) : { trial: 0, epoch: 0, rows: [] };
  await folder.writeMetrics(position.rows);
  const clock = { start: performance.now(), from: shareDone(trials, position) };
  try {
    for (let resumed = resume; position.trial < names.length; resumed = false) {
      const trial = trials.begin(position.trial);
      try {
        if (resumed) await restore(folder, trial);
        else await save(folder, trial, position);
        while (position.epoch < epochs) {
          const row = await runEpoch(trials, trial, position, clock, interrupt);
          position.epoch++;
          position.rows.push(row);
          await save(folder, trial, position);
          await folder.addMetrics(row);
          console.log(trials.describe(row));
          await trials.onEpoch(position.rows);
        }
      } finally {
        trial.dispose();
      }
      position.trial++;
      position.epoch = 0;
    }
    await trials.onEpoch(position.rows);
    return position.rows;
  } finally {
    interrupt.release();
  }
}

async function runEpoch(
  trials: Trials,
  trial: Trial,
  position: Position,
  clock: { readonly start: number; readonly from: number },
  interrupt: { readonly asked: boolean },
): Promise<Metrics> {
  const { folder, names, epochs } = trials;
  const name = names[position.trial];
  const lr = trial.lr();
  const epoch = position.epoch + 1;
  const share = (done: number) => shareDone(trials, { ...position, epoch: position.epoch + done / trial.steps });
  const progress = new Progress(`${name} ${epoch}/${epochs}`, trial.steps);
  let done = 0;
  const step = async ({ loss, note }: StepReport): Promise<void> => {
    if (!Number.isFinite(loss)) {
      throw new UserError(
        `${name}: expected a finite loss, got ${loss} in epoch ${epoch}, step ${done + 1}, at learning rate ${lr}; ` +
          `the last good checkpoint (epoch ${position.epoch}) is kept in ${folder.checkpoint}`,
      );
    }
    // Signals and the progress bar need the event loop, which training would not let run.
    await new Promise((resume) => setImmediate(resume));
    if (interrupt.asked) {
      throw new Interrupted(
        `stopped in epoch ${epoch} of ${name}; to go on after epoch ${position.epoch}, use --resume ${folder.path}`,
      );
    }
    done++;
    const seconds = (performance.now() - clock.start) / 1000;
    progress.update(done, `${note} ${timeLeft(clock.from, share(done), seconds)}`);
  };
  try {
    const values = await trial.train({ step });
    const broken = Object.entries(values).find(([, value]) => !Number.isFinite(value));
    // The last step of an epoch may spoil the parameters, which only the measurements after it can show.
    if (broken) await step({ loss: broken[1], note: '' });
    return { optimizer: name, epoch, lr, ...values };
  } finally {
    progress.stop();
  }
}

/** The share of all epochs that is done. */
function shareDone({ names, epochs }: Trials, { trial, epoch }: Position): number {
  return (trial * epochs + epoch) / (names.length * epochs);
}

async function save(folder: RunFolder, trial: Trial, position: Position): Promise<void> {
  await io.saveCheckpoint(folder.checkpoint, { ...trial.parts, random: defaultGenerator, position });
}

async function restore(folder: RunFolder, trial: Trial): Promise<void> {
  await io.loadCheckpoint(folder.checkpoint, { ...trial.parts, random: defaultGenerator });
}

async function readPosition(folder: RunFolder): Promise<Position> {
  const { position } = await io.loadCheckpoint(folder.checkpoint);
  return position as Position;
}
