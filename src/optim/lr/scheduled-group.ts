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
  /** Its momentum is the first of these that it has: `momentum` if that is a number, `beta1`, the first of `betas`. */
  momentum?: unknown;
  beta1?: number;
  betas?: readonly [number, ...number[]];
}

/** Whether a group has momentum under one of its names. */
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
