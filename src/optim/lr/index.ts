export { MultiStepLR, type MultiStepLROptions } from './multi-step-lr.js';
export { type Scheduled, type ScheduledGroup, Scheduler, type SchedulerStateDict } from './scheduler.js';
