import { expected, textOf, ValueError } from '../../errors.js';
import { resolveOptions } from '../../tensor/options.js';
import { loadPlan, type Plan, type SavedPlan, type Schedule, savePlan } from './plan.js';
import { type Scheduled, setMomentum } from './scheduled-group.js';

/** The state of a schedule; plain data. */
export interface SchedulerStateDict extends SavedPlan {
  readonly epoch: number;
  readonly lastLr: readonly number[];
}

/**
 * Moves the learning rates of an optimizer, epoch by epoch. Making one sets the rates of epoch 0; `step()`, called
 * after the epoch's optimizer steps, goes on to the next. An epoch is the time between two calls, which may be a single
 * optimizer step. Several may work on one optimizer: those that scale the rate in use, as PyTorch's chainable
 * form does, multiply.
 */
export abstract class Scheduler<O extends object = object> {
  readonly optimizer: Scheduled;
  #plan: Plan<O>;
  #epoch = 0;
  #lastLr: readonly number[] = [];

  /** Throws ValueError for unknown or invalid options, or an optimizer that they do not fit. */
  constructor(schedule: Schedule<O>, optimizer: Scheduled, options: object | undefined) {
    const { label } = schedule;
    if (!Array.isArray(optimizer?.paramGroups)) {
      throw new ValueError(expected(label, 'an optimizer', textOf(optimizer)));
    }
    this.optimizer = optimizer;
    this.#plan = { schedule, options: resolveOptions(label, schedule.options, options) };
    this.goTo(0);
  }

  /** Epochs completed; 0 until the first `step()`. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The schedule with its options, defaults included. */
  get plan(): Plan<O> {
    return this.#plan;
  }

  /** Goes on to the next epoch. Throws ValueError, and changes nothing, where the schedule has no rate for it. */
  step(): void {
    this.goTo(this.#epoch + 1);
  }

  /** The rates that this schedule set last, one per group. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** The epoch, the last rates and the options. The rates in use are part of the optimizer's state. */
  stateDict(): SchedulerStateDict {
    return { ...savePlan(this.#plan), epoch: this.#epoch, lastLr: this.getLastLr() };
  }

  /**
   * Takes over a state; rates change with the next `step()`, so load the optimizer's state as well, after making the
   * schedule. Throws ValueError for the state of another schedule or invalid options, and then changes nothing.
   */
  loadStateDict(state: SchedulerStateDict): void {
    const label = `${this.#plan.schedule.label}.loadStateDict`;
    const plan = loadPlan(label, this.#plan, state);
    const { epoch, lastLr } = state;
    const groups = this.optimizer.paramGroups.length;
    if (!Array.isArray(lastLr) || lastLr.length !== groups) {
      throw new ValueError(expected(label, `the rates of ${groups} groups`, `${lastLr?.length}`));
    }
    if (!lastLr.every(isRate)) throw new ValueError(expected(label, 'numbers >= 0 as lastLr', textOf(lastLr)));
    this.#check(label, plan, epoch);
    this.#plan = plan;
    this.#epoch = epoch;
    this.#lastLr = [...lastLr];
  }

  /** Sets the rates of an epoch. Throws ValueError, and changes nothing, where the schedule has none for it. */
  protected goTo(epoch: number): void {
    const { schedule, options } = this.#plan;
    this.#check(schedule.label, this.#plan, epoch);
    const groups = this.optimizer.paramGroups;
    const rates = groups.map((group, i) => schedule.rate(epoch, group, options, i));
    const bad = rates.findIndex((rate) => !isRate(rate));
    if (bad >= 0) {
      const wanted = `a learning rate >= 0 for group ${bad} in epoch ${epoch}`;
      throw new ValueError(expected(schedule.label, wanted, textOf(rates[bad])));
    }
    const momentum = schedule.momentum?.(epoch, options) ?? null;
    groups.forEach((group, i) => {
      group.lr = rates[i];
      if (momentum !== null) setMomentum(group, momentum);
    });
    this.#epoch = epoch;
    this.#lastLr = rates;
  }

  #check(label: string, { schedule, options }: Plan<O>, epoch: number): void {
    if (!(schedule.continuous ? Number.isFinite(epoch) : Number.isInteger(epoch)) || epoch < 0) {
      const wanted = `${schedule.continuous ? 'a number' : 'an integer'} >= 0 as epoch`;
      throw new ValueError(expected(label, wanted, textOf(epoch)));
    }
    const problem = schedule.check?.(options, this.optimizer.paramGroups, epoch);
    if (problem) throw new ValueError(`${label}: ${problem}`);
  }
}

const isRate = (rate: number): boolean => Number.isFinite(rate) && rate >= 0;
