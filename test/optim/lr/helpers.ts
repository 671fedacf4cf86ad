import { lr, SGD } from '../../../src/optim/index.js';
import type { SchedulerStateDict } from '../../../src/optim/lr/index.js';
import { parameter } from '../helpers.js';

/** An SGD with one group per rate. */
export const optimizerAt = (...rates: number[]) =>
  new SGD(
    rates.map((rate) => ({ params: [parameter([1])], lr: rate })),
    { lr: 1, momentum: 0.9 },
  );

/** A schedule as plain data; functions are given by their text. */
export interface Described {
  readonly scheduler: string;
  readonly options: object;
}

/** The functions that descriptions name. */
const lambdas: Readonly<Record<string, lr.LrLambda>> = {
  '0.95 ** epoch': (epoch) => 0.95 ** epoch,
  '1 / sqrt(epoch + 1)': (epoch) => 1 / Math.sqrt(epoch + 1),
};

/** The schedule of a description. */
export function make(optimizer: SGD, { scheduler, options }: Described): lr.Scheduler {
  const given: Record<string, unknown> = { ...options };
  if (typeof given.lrLambda === 'string') given.lrLambda = lambdas[given.lrLambda];
  if (given.schedulers) given.schedulers = (given.schedulers as Described[]).map((part) => make(optimizer, part));
  const Class = lr[scheduler as 'StepLR'] as new (optimizer: SGD, options: object) => lr.Scheduler;
  return new Class(optimizer, given);
}

/** What an optimizer trains with in one epoch. */
export interface Setting {
  readonly rates: readonly number[];
  readonly momentum: readonly number[];
}

/** Rates and momenta of all groups in this epoch and the ones to come, after the last of which the schedule stands. */
export function settingsOf(optimizer: SGD, schedule: lr.Scheduler, epochs: number): Setting[] {
  return Array.from({ length: epochs }, () => {
    const rates = optimizer.paramGroups.map((group) => group.lr);
    const momentum = optimizer.paramGroups.map((group) => group.momentum);
    schedule.step();
    return { rates, momentum };
  });
}

/** The rates of the first group in this epoch and the ones to come. */
export const ratesOf = (optimizer: SGD, schedule: lr.Scheduler, epochs: number): number[] =>
  settingsOf(optimizer, schedule, epochs).map(({ rates }) => rates[0]);

/** The rates that a schedule gives a group that starts at `initialLr`. */
export function ratesAlone(initialLr: number, described: Described, epochs: number): number[] {
  const optimizer = optimizerAt(initialLr);
  return ratesOf(optimizer, make(optimizer, described), epochs);
}

/** A state as it comes back from a file. */
export const written = (schedule: lr.Scheduler): SchedulerStateDict => JSON.parse(JSON.stringify(schedule.stateDict()));
