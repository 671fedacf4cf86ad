import { defaultGenerator, io, type nn, type optim } from 'antinode';
import type { Interrupt } from './interrupt.js';
import { Progress, timeLeft } from './progress.js';
import type { Metrics, RunFolder } from './run-folder.js';
import type { Tally } from './tally.js';
import { Interrupted, UserError } from './user-error.js';

/** The measurements of an epoch, by name, in the order of the columns. */
export type Values = Readonly<Record<string, number>>;

/** The report of a training step: its loss, and a note for the progress bar. */
export interface StepReport {
  readonly loss: number;
  readonly note: string;
}

/** The current epoch, as seen by the training code. */
export interface Epoch {
  /**
   * Shows the progress and saves a checkpoint if one is due. Await it at the end of every training step.
   *
   * @throws UserError when the loss is not finite.
   * @throws Interrupted when the user asked to stop.
   */
  step(report: StepReport): Promise<void>;
}

/** The training of one model with one optimizer. Checkpoints store all of these parts except `train`. */
export interface Trial {
  readonly model: nn.Module;
  readonly optimizer: optim.Optimizer;
  readonly scheduler: io.Stateful & { step(): void };
  readonly loader: io.Stateful & { readonly length: number };
  /** Counts the items of the current epoch. */
  readonly tally: Tally;
  /** Any other state that changes from step to step. */
  readonly state?: io.Stateful;
  /** Trains to the end of the current epoch, which may have begun before a checkpoint, and returns the measurements. */
  train(epoch: Epoch): Promise<Values>;
}

/** Trials that run in sequence, each for `epochs` epochs. */
export interface Trials {
  readonly folder: RunFolder;
  readonly names: readonly string[];
  readonly epochs: number;
  /** Seconds between checkpoints in the middle of an epoch; 0 saves after every step. */
  readonly saveEvery: number;
  /** Begins the i-th trial. The seed determines everything random. */
  begin(i: number): Trial;
  /** Requests to stop, which end the run with a checkpoint. */
  readonly interrupt: Interrupt;
  /** Called after every epoch with all metrics so far. */
  onEpoch(rows: readonly Metrics[]): Promise<void>;
}

/** The position in a run: the trial, its finished epochs, the steps done of the next epoch, and all metrics so far. */
interface Position {
  trial: number;
  epoch: number;
  step: number;
  rows: Metrics[];
}

/**
 * Runs trials from the start or, with `resume`, from the last checkpoint; both give the same results. Saves a
 * checkpoint after every epoch and regularly within epochs, and the weights of every model beside it. Returns all
 * metrics.
 *
 * @throws UserError when a loss is not finite.
 * @throws Interrupted when the user asked to stop.
 */
export async function runTrials(trials: Trials, { resume }: { readonly resume: boolean }): Promise<Metrics[]> {
  const { folder, names, epochs, interrupt } = trials;
  interrupt.defer();
  const position = resume ? await readPosition(folder) : { trial: 0, epoch: 0, step: 0, rows: [] };
  await folder.writeMetrics(position.rows);
  let clock: Session['clock'] | undefined;
  for (let resumed = resume; position.trial < names.length; resumed = false) {
    const trial = trials.begin(position.trial);
    const save = () => io.saveCheckpoint(folder.checkpoint, { ...partsOf(trial), position });
    try {
      if (resumed) await io.loadCheckpoint(folder.checkpoint, partsOf(trial));
      else await save();
      clock ??= { start: performance.now(), from: shareDone(trials, position, trial) };
      while (position.epoch < epochs) {
        const row = await runEpoch(trials, trial, position, { clock, save });
        position.epoch++;
        position.step = 0;
        position.rows.push(row);
        await io.saveSafetensors(folder.weights(row.optimizer), trial.model.stateDict());
        await save();
        await folder.addMetrics(row);
        await trials.onEpoch(position.rows);
      }
    } finally {
      trial.optimizer.dispose();
      trial.model.dispose();
    }
    position.trial++;
    position.epoch = 0;
  }
  return position.rows;
}

/** The state that all epochs of a run share. */
interface Session {
  /** The time when this process began to train, and the share of the run already done at that time. */
  readonly clock: { readonly start: number; readonly from: number };
  /** Writes a checkpoint. */
  save(): Promise<void>;
}

async function runEpoch(trials: Trials, trial: Trial, position: Position, { clock, save }: Session): Promise<Metrics> {
  const { folder, names, epochs, saveEvery, interrupt } = trials;
  const { optimizer, scheduler, loader, tally } = trial;
  const name = names[position.trial];
  const { lr } = optimizer.paramGroups[0];
  const epoch = position.epoch + 1;
  const progress = new Progress(`${nameColumn(name, names)} ${epoch}/${epochs}`, loader.length);
  let saved = performance.now();
  const check = (value: number) => {
    if (Number.isFinite(value)) return;
    throw new UserError(
      `${name}: expected a finite loss, got ${value} in epoch ${epoch}, step ${position.step + 1}, at learning rate ` +
        `${lr}; the last checkpoint before that step is in ${folder.checkpoint}`,
    );
  };
  const step = async ({ loss, note }: StepReport): Promise<void> => {
    check(loss);
    // Signals and the progress bar need the event loop, which training would otherwise block.
    await new Promise((resume) => setImmediate(resume));
    position.step++;
    if (interrupt.asked || performance.now() - saved >= 1000 * saveEvery) {
      await save();
      saved = performance.now();
    }
    if (interrupt.asked) {
      const place = `epoch ${epoch} of ${name}, after step ${position.step} of ${loader.length}`;
      throw new Interrupted(`stopped in ${place}; to resume, use --resume ${folder.path}`);
    }
    const left = timeLeft(clock.from, shareDone(trials, position, trial), (performance.now() - clock.start) / 1000);
    progress.update(position.step, `${note} ${left}`);
  };
  try {
    tally.start();
    const values = await trial.train({ step });
    // The last step of an epoch may make parameters non-finite, which only the measurements after it can show.
    for (const value of Object.values(values)) check(value);
    tally.clear();
    optimizer.zeroGrad();
    scheduler.step();
    return { optimizer: name, epoch, lr, ...values };
  } finally {
    progress.stop();
  }
}

/** The name of an optimizer, padded to the longest name of the run, so that lines are aligned. */
export function nameColumn(name: string, names: readonly string[]): string {
  return name.padEnd(Math.max(...names.map(({ length }) => length)));
}

/** The share of all epochs that is finished. */
function shareDone({ names, epochs }: Trials, { trial, epoch, step }: Position, { loader }: Trial): number {
  return (trial * epochs + epoch + step / loader.length) / (names.length * epochs);
}

/** The parts of a trial that a checkpoint stores and restores. */
function partsOf({ model, optimizer, scheduler, loader, tally, state }: Trial): io.CheckpointParts {
  return { model, optimizer, scheduler, loader, tally, ...(state && { state }), random: defaultGenerator };
}

async function readPosition(folder: RunFolder): Promise<Position> {
  const { position } = await io.loadCheckpoint(folder.checkpoint);
  return position as Position;
}
