import { expected, textOf, ValueError } from '../../errors.js';
import { naturals, type Option } from '../../tensor/option-kinds.js';
import { type OptionTable, optionsObject } from '../../tensor/options.js';
import { loadPlan, type Plan, type SavedPlan, savePlan } from './plan.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of SequentialLR. */
export interface SequentialLROptions {
  /** The schedules, in order; all made for the same optimizer. */
  schedulers: readonly Scheduler[];
  /** Epochs at which the next one takes over: rising integers >= 1, one less than schedules. */
  milestones: readonly number[];
}

/** Schedules with their options, one after the other. */
export interface Sequence {
  readonly schedulers: readonly Plan[];
  readonly milestones: readonly number[];
}

const plans: Option<readonly Plan[]> = {
  initial: undefined,
  wanted: 'to be a list of schedules',
  accepts: Array.isArray,
};

/**
 * One schedule after the other, each from the rate that the groups started with: lr_t is the rate of schedule i in
 * epoch t - m_i, for the last milestone m_i <= t (m_0 = 0). The sequence counts the epochs and saves its parts; do not
 * step those. As each part has set the optimizer to its own start when it was made, a OneCycleLR that comes later
 * leaves its first momentum in use until its turn.
 */
export class SequentialLR extends Scheduler<Sequence> {
  static readonly label = 'SequentialLR';
  static readonly options: OptionTable<Sequence> = { schedulers: plans, milestones: naturals() };

  static rate(epoch: number, group: Readonly<ScheduledGroup>, sequence: Sequence, index: number): number {
    const { plan, since } = current(sequence, epoch);
    const from = since === 0 ? { ...group, lr: group.initialLr } : group;
    return plan.schedule.rate(since, from, plan.options, index);
  }

  static momentum(epoch: number, sequence: Sequence): number | null {
    const { plan, since } = current(sequence, epoch);
    return plan.schedule.momentum?.(since, plan.options) ?? null;
  }

  static check(sequence: Sequence, groups: readonly Readonly<ScheduledGroup>[], epoch: number): string | null {
    const { schedulers, milestones } = sequence;
    if (milestones.length + 1 !== schedulers.length) {
      return `expected one milestone less than schedules, got ${milestones.length} and ${schedulers.length}`;
    }
    if (milestones.some((milestone, i) => milestone <= (milestones[i - 1] ?? 0))) {
      return `expected milestones to rise from 1 or more, got ${textOf(milestones)}`;
    }
    const now = current(sequence, epoch);
    for (const plan of schedulers) {
      const problem = plan.schedule.check?.(plan.options, groups, plan === now.plan ? now.since : 0);
      if (problem) return `${plan.schedule.label}: ${problem}`;
    }
    return null;
  }

  static save({ schedulers, milestones }: Sequence): object {
    return { schedulers: schedulers.map((plan) => savePlan(plan)), milestones };
  }

  static load(label: string, saved: { readonly schedulers?: readonly SavedPlan[] }, { schedulers }: Sequence): object {
    const parts = saved.schedulers;
    if (!Array.isArray(parts) || parts.length !== schedulers.length) {
      throw new ValueError(expected(label, `the states of ${schedulers.length} schedules`, `${parts?.length}`));
    }
    return { ...saved, schedulers: schedulers.map((plan, i) => loadPlan(label, plan, parts[i])) };
  }

  constructor(optimizer: Scheduled, options: Readonly<SequentialLROptions>) {
    const { schedulers, ...rest } = optionsObject('SequentialLR', options);
    super(SequentialLR, optimizer, { ...rest, schedulers: plansOf(optimizer, schedulers) });
  }
}

/** The plans of schedules; a value that is not a list is returned unchanged, for the check of options to refuse. */
function plansOf(optimizer: Scheduled, schedulers: unknown): unknown {
  if (!Array.isArray(schedulers)) return schedulers;
  return schedulers.map((part: unknown, i) => {
    if (!(part instanceof Scheduler)) {
      throw new ValueError(expected('SequentialLR', `a schedule as scheduler ${i}`, textOf(part)));
    }
    if (part.optimizer === optimizer) return part.plan;
    throw new ValueError(expected('SequentialLR', `scheduler ${i} to be for the same optimizer`, 'one for another'));
  });
}

/** The plan that is active in an epoch, and the epochs since it became active. */
function current({ schedulers, milestones }: Sequence, epoch: number): { plan: Plan; since: number } {
  const turn = milestones.filter((milestone) => milestone <= epoch).length;
  return { plan: schedulers[turn], since: epoch - (milestones[turn - 1] ?? 0) };
}
