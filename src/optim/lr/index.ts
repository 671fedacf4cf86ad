export { CosineAnnealingLR, type CosineAnnealingLROptions } from './cosine-annealing-lr.js';
export {
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './cosine-annealing-warm-restarts.js';
export { ExponentialLR, type ExponentialLROptions } from './exponential-lr.js';
export { LambdaLR, type LambdaLROptions, type LrLambda } from './lambda-lr.js';
export { LinearLR, type LinearLROptions } from './linear-lr.js';
export { MultiStepLR, type MultiStepLROptions } from './multi-step-lr.js';
export { type CycleLength, OneCycleLR, type OneCycleLROptions } from './one-cycle-lr.js';
export type { Plan, SavedPlan, Schedule } from './plan.js';
export type { Scheduled, ScheduledGroup } from './scheduled-group.js';
export { Scheduler, type SchedulerStateDict } from './scheduler.js';
export { type Sequence, SequentialLR, type SequentialLROptions } from './sequential-lr.js';
export { StepLR, type StepLROptions } from './step-lr.js';
