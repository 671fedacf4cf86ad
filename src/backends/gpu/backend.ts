import type { Dtype, TypedArray } from '../../dtype.js';
import type { Formula } from '../../formula/formula.js';
import type {
  Backend,
  Conv2dGeometry,
  DeviceCounters,
  DeviceInfo,
  Distribution,
  MatmulOptions,
  Operands,
  Pool2dGeometry,
  RandomStream,
  Scalars,
  StridedCopy,
} from '../../tensor/backend.js';
import { type GpuHandle, type GpuOperand, newAllocation } from './allocation.js';
import type { GpuRuntime } from './device/runtime.js';
import { IndexGuard } from './index-guard.js';
import { conv2dInputGradPlan, conv2dJob } from './jobs/conv2d.js';
import { conv2dWeightGradPlan } from './jobs/conv2d-weight-grad.js';
import { copyJob } from './jobs/copy.js';
import { gatherJob, indexAddJob, indexSelectJob, scatterAddJob } from './jobs/gather.js';
import type { Job, Plan } from './jobs/job.js';
import { mapJobs } from './jobs/map.js';
import { matmulJob } from './jobs/matmul.js';
import { avgPool2dGradJob, avgPool2dJob, maxPool2dGradJob, maxPool2dJobs } from './jobs/pool2d.js';
import { randomJob } from './jobs/random.js';
import { reducePlan } from './jobs/reduce.js';
import { argReducePlan, cumsumPlan } from './jobs/scan.js';
import { Queue } from './queue.js';
import { expectExact, fromHost, toHost } from './values.js';

/**
 * The backend that computes with GPU.js. Calls are queued and run in order; results can only be read with `await`.
 *
 * All dtypes are float32 on the device. Tensors have at most 2^24 elements, and integers are exact up to 2^24: writing
 * or reading larger ones throws DeviceError, but intermediate results, such as partial sums, are rounded and do not
 * wrap around.
 */
export class GpuBackend implements Backend<GpuHandle> {
  readonly name: string;
  readonly #runtime: GpuRuntime;
  readonly #queue: Queue;
  readonly #guard = new IndexGuard();
  readonly #fallback: string | undefined;

  /** @param fallback why the preferred mode does not run */
  constructor(name: string, runtime: GpuRuntime, fallback?: string) {
    this.name = name;
    this.#runtime = runtime;
    this.#queue = new Queue(runtime);
    this.#fallback = fallback;
  }

  info(): DeviceInfo {
    const { description, limits } = this.#runtime;
    const fallback = this.#fallback === undefined ? {} : { fallback: this.#fallback };
    const arithmetic = `float32 of ${description}`;
    return { name: this.name, description, arithmetic, threads: 1, features: [], limits, ...fallback };
  }

  /** True once the device is lost: its tensors are gone, and a new backend must replace this one. */
  get lost(): boolean {
    return this.#runtime.loss.reason !== null;
  }

  /** The most tensors that one kernel can bind besides its result. */
  get maxInputs(): number {
    return this.#runtime.maxInputs;
  }

  counters(): Promise<DeviceCounters> {
    return this.#queue.counters();
  }

  async synchronize(): Promise<void> {
    await this.#withIndexCheck(this.#queue.finish());
  }

  allocate(dtype: Dtype, size: number): GpuHandle {
    return { allocation: newAllocation(dtype, size), offset: 0 };
  }

  release({ allocation }: GpuHandle): void {
    this.#queue.release(allocation);
  }

  part(x: GpuOperand, offset: number): GpuHandle {
    return { allocation: x.handle.allocation, offset: x.handle.offset + offset };
  }

  write(out: GpuOperand, values: ArrayLike<number>, offset = 0): void {
    const host = fromHost(out.dtype, values);
    if (host.length === 0) return;
    const { allocation } = out.handle;
    this.#guard.forget(allocation);
    this.#queue.write(allocation, out.handle.offset + offset, host);
  }

  async read(x: GpuOperand): Promise<TypedArray> {
    const { dtype, size } = x;
    const { allocation, offset } = x.handle;
    const host = await this.#withIndexCheck(this.#queue.read(allocation));
    return toHost(dtype, host.subarray(offset, offset + size));
  }

  map(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#launch(mapJobs(f, operands, scalars, this.#runtime.vectors));
  }

  reduce(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#runPlan(reducePlan(f, operands, scalars));
  }

  argReduce(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): void {
    this.#runPlan(argReducePlan(kind, x, out, axis));
  }

  cumsum(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): void {
    this.#runPlan(cumsumPlan(x, out, axis, reverse));
  }

  copy(x: GpuOperand, out: GpuOperand, walk: StridedCopy): void {
    this.#launch([copyJob(x, out, walk, this.#runtime.vectors)]);
  }

  matmul(a: GpuOperand, b: GpuOperand, out: GpuOperand, options?: MatmulOptions): void {
    this.#launch([matmulJob(a, b, out, options)]);
  }

  conv2d(x: GpuOperand, w: GpuOperand, bias: GpuOperand | null, out: GpuOperand, g: Conv2dGeometry): void {
    this.#launch([conv2dJob({ x, w, bias, out }, g, this.#runtime.vectors)]);
  }

  conv2dInputGrad(dy: GpuOperand, w: GpuOperand, dx: GpuOperand, g: Conv2dGeometry): void {
    this.#runPlan(conv2dInputGradPlan({ dy, w, dx }, g, this.#runtime.vectors));
  }

  conv2dWeightGrad(x: GpuOperand, dy: GpuOperand, dw: GpuOperand, g: Conv2dGeometry): void {
    this.#runPlan(conv2dWeightGradPlan({ x, dy, dw }, g));
  }

  maxPool2d(x: GpuOperand, out: GpuOperand, indices: GpuOperand, g: Pool2dGeometry): void {
    this.#launch(maxPool2dJobs(x, out, indices, g));
  }

  maxPool2dGrad(dy: GpuOperand, indices: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): void {
    this.#launch([maxPool2dGradJob(dy, indices, dx, g)]);
  }

  avgPool2d(x: GpuOperand, out: GpuOperand, g: Pool2dGeometry): void {
    this.#launch([avgPool2dJob(x, out, g)]);
  }

  avgPool2dGrad(dy: GpuOperand, dx: GpuOperand, g: Pool2dGeometry): void {
    this.#launch([avgPool2dGradJob(dy, dx, g)]);
  }

  gather(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): void {
    this.#expectIndices('gather', index, x.shape[axis]);
    this.#launch([gatherJob(x, index, out, axis)]);
  }

  scatterAdd(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): void {
    this.#expectIndices('scatterAdd', index, out.shape[axis]);
    this.#launch([scatterAddJob(out, index, src, axis)]);
  }

  indexSelect(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): void {
    this.#expectIndices('indexSelect', index, x.shape[axis]);
    this.#launch([indexSelectJob(x, index, out, axis)]);
  }

  indexAdd(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): void {
    this.#expectIndices('indexAdd', index, out.shape[axis]);
    this.#launch([indexAddJob(out, index, src, axis)]);
  }

  expectWithin(index: GpuOperand, length: number, expectation: string, ignored?: number): void {
    const plan = this.#guard.plan(index, length, expectation, ignored);
    if (plan) this.#runPlan(plan);
  }

  random(out: GpuOperand, distribution: Distribution, stream: RandomStream): void {
    if (distribution.kind === 'integer') {
      const { low, high } = distribution;
      for (const value of [low, high - 1, high - low]) expectExact(value);
    }
    this.#launch([randomJob(out, distribution, stream)]);
  }

  #expectIndices(op: string, index: GpuOperand, length: number): void {
    this.expectWithin(index, length, `${op}: expected indices in [0, ${length})`);
  }

  /** Returns the result of `work`. Rejects with ValueError if an index was out of range since the last call. */
  async #withIndexCheck<T>(work: Promise<T>): Promise<T> {
    const pending = this.#guard.takePending();
    if (!pending) return work;
    const reading = this.#queue.read(pending.report);
    this.#queue.release(pending.report);
    const [outcome, report] = await Promise.allSettled([work, reading]);
    if (report.status === 'fulfilled') this.#guard.expectNone(report.value);
    else this.#guard.expectExplained(report.reason, pending.checked);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Queues the stages of a plan. */
  #runPlan({ stages, temporaries }: Plan): void {
    for (const stage of stages) this.#launch(stage);
    for (const { handle } of temporaries) this.release(handle);
  }

  #launch(jobs: readonly (Job | null)[]): void {
    for (const job of jobs) if (job) this.#guard.forget(job.out.handle.allocation);
    this.#queue.launch(jobs);
  }
}
