import { expected, ValueError } from '../../tensor/errors.js';
import { type OptionTable, resolveOptions, textOf } from '../options.js';

/** What a schedule moves: the learning rates of an optimizer's groups. */
export interface Scheduled {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** A group as schedules see it. */
export interface ScheduledGroup {
  /** The rate in use, which schedules write. */
  lr: number;
  /** The rate that the group started with. */
  initialLr: number;
}

/** The state of a schedule; plain data. */
export interface SchedulerStateDict {
  /** Name of the schedule. */
  readonly scheduler: string;
  readonly epoch: number;
  readonly lastLr: readonly number[];
  readonly options: object;
}

/**
 * Moves the learning rates of an optimizer, epoch by epoch. Making one sets the rates of epoch 0; `step()`, called
 * after the epoch's optimizer steps, goes on to the next. Several may work on one optimizer: those that scale the rate
 * in use, as PyTorch's chainable form does, multiply.
 */
export abstract class Scheduler<O extends object = object> {
  /** Epochs gone by; 0 until the first `step()`. */
  epoch = 0;
  /** The options, defaults included. */
  protected options: O;
  readonly #label: string;
  readonly #table: OptionTable<O>;
  readonly #optimizer: Scheduled;
  #lastLr: readonly number[] = [];

  constructor(label: string, table: OptionTable<O>, optimizer: Scheduled, options: object) {
    if (!Array.isArray(optimizer?.paramGroups)) {
      throw new ValueError(expected(label, 'an optimizer', textOf(optimizer)));
    }
    this.#label = label;
    this.#table = table;
    this.#optimizer = optimizer;
    this.options = resolveOptions(label, table, options);
    this.#apply();
  }

  /** The rate of a group in `epoch`, from the rate in use or from the one that it started with. */
  protected abstract rate(group: Readonly<ScheduledGroup>, epoch: number): number;

  /** Goes on to the next epoch. */
  step(): void {
    this.epoch++;
    this.#apply();
  }

  /** The rates that this schedule set last, one per group. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Where the schedule stands, with its options. The rates in use are part of the optimizer's state. */
  stateDict(): SchedulerStateDict {
    return { scheduler: this.#label, epoch: this.epoch, lastLr: this.getLastLr(), options: { ...this.options } };
  }

  /**
   * Takes over a state; rates change with the next `step()`, so load the optimizer's state as well, after making the
   * schedule. Throws ValueError for the state of another schedule or invalid options, and then changes nothing.
   */
  loadStateDict({ scheduler, epoch, lastLr, options }: SchedulerStateDict): void {
    const label = `${this.#label}.loadStateDict`;
    if (scheduler !== this.#label) {
      throw new ValueError(expected(label, `the state of ${this.#label}`, `that of ${scheduler}`));
    }
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new ValueError(expected(label, 'a whole number >= 0 as epoch', textOf(epoch)));
    }
    const groups = this.#optimizer.paramGroups.length;
    if (lastLr.length !== groups) {
      throw new ValueError(expected(label, `the rates of ${groups} groups`, `${lastLr.length}`));
    }
    this.options = resolveOptions(label, this.#table, options);
    this.epoch = epoch;
    this.#lastLr = [...lastLr];
  }

  #apply(): void {
    for (const group of this.#optimizer.paramGroups) group.lr = this.rate(group, this.epoch);
    this.#lastLr = this.#optimizer.paramGroups.map(({ lr }) => lr);
  }
}
