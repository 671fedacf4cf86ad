import { lr, SGD } from '../../../src/optim/index.js';
import type { SchedulerStateDict } from '../../../src/optim/lr/index.js';
import { parameter } from '../helpers.js';

/** Returns an SGD with one group per rate. */
export const optimizerAt = (...rates: number[]) =>
  new SGD(
    rates.map((rate) => ({ params: [parameter([1])], lr: rate })),
    { lr: 1, momentum: 0.9 },
  );

/** A schedule as plain data; functions are represented by their text. */
export interface Described {
  readonly scheduler: string;
  readonly options: object;
}

/** The functions by their text. */
const lambdas: Readonly<Record<string, lr.LrLambda>> = {
  '0.95 ** epoch': (epoch) => 0.95 ** epoch,
  '1 / sqrt(epoch + 1)': (epoch) => 1 / Math.sqrt(epoch + 1),
};

/** Creates the schedule of a description. */
export function make(optimizer: SGD, { scheduler, options }: Described): lr.Scheduler {
  const given: Record<string, unknown> = { ...options };
  if (typeof given.lrLambda === 'string') given.lrLambda = lambdas[given.lrLambda];
  if (given.schedulers) given.schedulers = (given.schedulers as Described[]).map((part) => make(optimizer, part));
  const Class = lr[scheduler as 'StepLR'] as new (optimizer: SGD, options: object) => lr.Scheduler;
  return new Class(optimizer, given);
}

/** The rates and momenta of an optimizer in one epoch. */
export interface Setting {
  readonly rates: readonly number[];
  readonly momentum: readonly number[];
}

/** Returns rates and momenta of all groups in this epoch and the next ones, and advances the schedule past them. */
export function settingsOf(optimizer: SGD, schedule: lr.Scheduler, epochs: number): Setting[] {
  return Array.from({ length: epochs }, () => {
    const rates = optimizer.paramGroups.map((group) => group.lr);
    const momentum = optimizer.paramGroups.map((group) => group.momentum);
    schedule.step();
    return { rates, momentum };
  });
}

/** Returns the rates of the first group in this epoch and the next ones. */
export const ratesOf = (optimizer: SGD, schedule: lr.Scheduler, epochs: number): number[] =>
  settingsOf(optimizer, schedule, epochs).map(({ rates }) => rates[0]);

/** Returns the rates that a schedule sets for a group that starts at `initialLr`. */
export function ratesAlone(initialLr: number, described: Described, epochs: number): number[] {
  const optimizer = optimizerAt(initialLr);
  return ratesOf(optimizer, make(optimizer, described), epochs);
}

/** Returns a state as it would be read back from a file. */
export const written = (schedule: lr.Scheduler): SchedulerStateDict => JSON.parse(JSON.stringify(schedule.stateDict()));
