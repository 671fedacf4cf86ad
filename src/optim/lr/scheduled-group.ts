/** The part of an optimizer that schedules change: its groups, with their learning rates. */
export interface Scheduled {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** The part of a group that schedules read and write. */
export interface ScheduledGroup {
  /** The current rate, which schedules write. */
  lr: number;
  /** The rate with which the group started. */
  initialLr: number;
  /**
   * Its momentum is the first of these that it has: `momentum` if that is a number, `beta1`, or the first of `betas`.
   */
  momentum?: unknown;
  beta1?: number;
  betas?: readonly [number, ...number[]];
}

/** Reports whether a group has momentum under one of these names. */
export function hasMomentum({ momentum, beta1, betas }: Readonly<ScheduledGroup>): boolean {
  return typeof momentum === 'number' || beta1 !== undefined || betas !== undefined;
}

/** Sets the momentum of a group that has one. */
export function setMomentum(group: ScheduledGroup, value: number): void {
  const { momentum, beta1, betas } = group;
  if (typeof momentum === 'number') group.momentum = value;
  else if (beta1 !== undefined) group.beta1 = value;
  else if (betas !== undefined) group.betas = [value, ...betas.slice(1)];
}
