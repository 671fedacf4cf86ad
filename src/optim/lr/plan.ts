import { expected, textOf, ValueError } from '../../errors.js';
import { type OptionTable, resolveOptions } from '../../tensor/options.js';
import type { ScheduledGroup } from './scheduled-group.js';

/** The definition of a schedule: the static members of its class. */
export interface Schedule<O extends object> {
  /** Name in messages and state dicts. */
  readonly label: string;
  readonly options: OptionTable<O>;
  /** Whether epochs may be fractions. Default false. */
  readonly continuous?: boolean;
  /**
   * The rate of the group at `index` in `epoch`, from the one that it started with (`initialLr`) or from the one in use
   * (`lr`, which in epoch 0 is where the schedule starts, and later what it set for the epoch before).
   */
  rate(epoch: number, group: Readonly<ScheduledGroup>, options: O, index: number): number;
  /** The momentum of all groups in `epoch`; null leaves it unchanged, as do schedules without this function. */
  momentum?(epoch: number, options: O): number | null;
  /** Says what is wrong with options that do not fit together, or to the groups, or to `epoch`; null if all do. */
  check?(options: O, groups: readonly Readonly<ScheduledGroup>[], epoch: number): string | null;
  /** The options as plain data, where some are not. */
  save?(options: O): object;
  /** The opposite of `save`: options for those saved, with what was not saved from the `current` ones. */
  load?(label: string, saved: object, current: O): object;
}

/** A schedule with its options. */
export interface Plan<O extends object = object> {
  readonly schedule: Schedule<O>;
  readonly options: O;
}

/** A schedule with its options as plain data. */
export interface SavedPlan {
  /** Name of the schedule. */
  readonly scheduler: string;
  readonly options: object;
}

/** A plan as plain data. */
export function savePlan<O extends object>({ schedule, options }: Plan<O>): SavedPlan {
  return { scheduler: schedule.label, options: schedule.save?.(options) ?? { ...options } };
}

/** The plan with the options that were saved. Throws ValueError for those of another schedule and invalid ones. */
export function loadPlan<O extends object>(label: string, { schedule, options }: Plan<O>, saved: SavedPlan): Plan<O> {
  if (saved?.scheduler !== schedule.label) {
    const got = saved?.scheduler === undefined ? textOf(saved) : `that of ${saved.scheduler}`;
    throw new ValueError(expected(label, `the state of ${schedule.label}`, got));
  }
  if (typeof saved.options !== 'object' || saved.options === null) {
    throw new ValueError(expected(label, `the options of ${schedule.label}`, textOf(saved.options)));
  }
  const given = schedule.load?.(label, saved.options, options) ?? saved.options;
  return { schedule, options: resolveOptions(label, schedule.options, given) };
}
