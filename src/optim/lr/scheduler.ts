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
 * Sets the learning rates of an optimizer, epoch by epoch. The constructor sets the rates of epoch 0; `step()`, called
 * after the optimizer steps of an epoch, advances to the next. An epoch is the time between two calls, which may be a
 * single optimizer step. Several schedules may share one optimizer: the factors of those that scale the current rate,
 * as PyTorch's chainable form does, multiply.
 */
export abstract class Scheduler<O extends object = object> {
  readonly optimizer: Scheduled;
  #plan: Plan<O>;
  #epoch = 0;
  #lastLr: readonly number[] = [];

  /** @throws ValueError for unknown or invalid options, or an optimizer that they do not fit. */
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

  /** The schedule with its options, including defaults. */
  get plan(): Plan<O> {
    return this.#plan;
  }

  /**
   * Advances to the next epoch.
   * @throws ValueError, and changes nothing, if the schedule has no rate for it.
   */
  step(): void {
    this.goTo(this.#epoch + 1);
  }

  /** Returns the rates that this schedule set last, one per group. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Returns the epoch, the last rates and the options. The current rates are part of the optimizer's state. */
  stateDict(): SchedulerStateDict {
    return { ...savePlan(this.#plan), epoch: this.#epoch, lastLr: this.getLastLr() };
  }

  /**
   * Loads a state. Rates change with the next `step()`, so load the state of the optimizer as well, after constructing
   * the schedule.
   * @throws ValueError, and changes nothing, for the state of another schedule or invalid options.
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

  /**
   * Sets the rates of an epoch.
   * @throws ValueError, and changes nothing, if the schedule has none for it.
   */
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
