import { expected, textOf, ValueError } from '../../errors.js';
import { naturals, type Option } from '../../tensor/option-kinds.js';
import { type OptionTable, optionsObject } from '../../tensor/options.js';
import { loadPlan, type Plan, type SavedPlan, savePlan } from './plan.js';
import type { Scheduled, ScheduledGroup } from './scheduled-group.js';
import { Scheduler } from './scheduler.js';

/** Options of SequentialLR. */
export interface SequentialLROptions {
  /** The schedules in order, all for the same optimizer. */
  schedulers: readonly Scheduler[];
  /** Epochs at which the next schedule takes over: increasing integers >= 1, one fewer than schedules. */
  milestones: readonly number[];
}

/** Schedules with their options in order, and the epochs at which the next one takes over. */
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
 * Runs several schedules in sequence, each from the initial rates of the groups: lr_t is the rate of schedule i in
 * epoch t - m_i, where m_i is the last milestone <= t (m_0 = 0). The sequence counts the epochs and saves its parts; do
 * not step the parts. Each part sets the optimizer to its own start when it is constructed, so the first momentum of a
 * OneCycleLR that comes later stays in use until that part takes over.
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
      return `expected one fewer milestone than schedules, got ${milestones.length} and ${schedulers.length}`;
    }
    if (milestones.some((milestone, i) => milestone <= (milestones[i - 1] ?? 0))) {
      return `expected increasing milestones >= 1, got ${textOf(milestones)}`;
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

/** Returns the plans of schedules; returns a value that is not a list unchanged, for the check of options to reject. */
function plansOf(optimizer: Scheduled, schedulers: unknown): unknown {
  if (!Array.isArray(schedulers)) return schedulers;
  return schedulers.map((part: unknown, i) => {
    if (!(part instanceof Scheduler)) {
      throw new ValueError(expected('SequentialLR', `a schedule as scheduler ${i}`, textOf(part)));
    }
    if (part.optimizer === optimizer) return part.plan;
    throw new ValueError(
      expected('SequentialLR', `scheduler ${i} to be for the same optimizer`, 'one for another optimizer'),
    );
  });
}

/** Returns the plan that is active in an epoch, and the number of epochs since it became active. */
function current({ schedulers, milestones }: Sequence, epoch: number): { plan: Plan; since: number } {
  const turn = milestones.filter((milestone) => milestone <= epoch).length;
  return { plan: schedulers[turn], since: epoch - (milestones[turn - 1] ?? 0) };
}
