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
   * Returns the rate of the group at `index` in `epoch`, computed from its initial rate (`initialLr`) or its current
   * one (`lr`: in epoch 0 the rate from which the schedule starts, later the rate that it set for the previous epoch).
   */
  rate(epoch: number, group: Readonly<ScheduledGroup>, options: O, index: number): number;
  /** Returns the momentum of all groups in `epoch`; null, like the absence of this function, leaves it unchanged. */
  momentum?(epoch: number, options: O): number | null;
  /** Returns a message if the options do not fit each other, the groups or `epoch`, otherwise null. */
  check?(options: O, groups: readonly Readonly<ScheduledGroup>[], epoch: number): string | null;
  /** Returns the options as plain data; needed only if some are not. */
  save?(options: O): object;
  /** The opposite of `save`: returns saved options, completed by the `current` ones where they were not saved. */
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

/** Returns a plan as plain data. */
export function savePlan<O extends object>({ schedule, options }: Plan<O>): SavedPlan {
  return { scheduler: schedule.label, options: schedule.save?.(options) ?? { ...options } };
}

/**
 * Returns the plan with the options that were saved.
 * @throws ValueError for options that are invalid or belong to another schedule.
 */
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
