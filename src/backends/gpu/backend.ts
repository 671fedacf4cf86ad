import type { Dtype, TypedArray } from '../../dtype.js';
import type { Formula } from '../../formula/formula.js';
import type {
  Backend,
  DeviceCounters,
  DeviceInfo,
  Distribution,
  MatmulOptions,
  Operands,
  RandomStream,
  Scalars,
  StridedCopy,
} from '../../tensor/backend.js';
import type { Conv2dGeometry, Pool2dGeometry } from '../../tensor/geometry.js';
import { cellOf, type GpuHandle, type GpuOperand } from './cell.js';
import type { GpuHost } from './device/host.js';
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
 * Kernels of GPU.js. Every call is queued and runs in order; results are read with `await` only.
 *
 * All dtypes are float32 on the device. Tensors have at most 2^24 elements, and integers are exact up to 2^24: what
 * goes in or out beyond that is refused with DeviceError, but numbers on the way, such as partial sums, are rounded and
 * do not wrap.
 */
export class GpuBackend implements Backend<GpuHandle> {
  readonly name: string;
  readonly #host: GpuHost;
  readonly #queue: Queue;
  readonly #guard = new IndexGuard();
  readonly #fallback: string | undefined;

  /** @param fallback why another device that was asked for first does not run */
  constructor(name: string, host: GpuHost, fallback?: string) {
    this.name = name;
    this.#host = host;
    this.#queue = new Queue(host);
    this.#fallback = fallback;
  }

  info(): DeviceInfo {
    const { description, limits } = this.#host;
    const fallback = this.#fallback === undefined ? {} : { fallback: this.#fallback };
    return { name: this.name, description, threads: 1, features: [], limits, ...fallback };
  }

  /** True once the device was lost: what it holds is gone, and a fresh backend must take over. */
  get lost(): boolean {
    return this.#host.lost.reason !== null;
  }

  counters(): Promise<DeviceCounters> {
    return this.#queue.counters();
  }

  async synchronize(): Promise<void> {
    await this.#unlessNoted(this.#queue.finish());
  }

  allocate(dtype: Dtype, size: number): GpuHandle {
    return { cell: cellOf(dtype, size), offset: 0 };
  }

  release({ cell }: GpuHandle): void {
    this.#queue.release(cell);
  }

  part(x: GpuOperand, offset: number): GpuHandle {
    return { cell: x.handle.cell, offset: x.handle.offset + offset };
  }

  write(out: GpuOperand, values: ArrayLike<number>, offset = 0): void {
    const host = fromHost(out.dtype, values);
    if (host.length === 0) return;
    const { cell } = out.handle;
    this.#guard.forget(cell);
    this.#queue.write(cell, out.handle.offset + offset, host);
  }

  async read(x: GpuOperand): Promise<TypedArray> {
    const { dtype, size } = x;
    const { cell, offset } = x.handle;
    const host = await this.#unlessNoted(this.#queue.read(cell));
    return toHost(dtype, host.subarray(offset, offset + size));
  }

  map(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#launch(mapJobs(f, operands, scalars, this.#host.vectors));
  }

  reduce(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#carryOut(reducePlan(f, operands, scalars));
  }

  argReduce(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): void {
    this.#carryOut(argReducePlan(kind, x, out, axis));
  }

  cumsum(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): void {
    this.#carryOut(cumsumPlan(x, out, axis, reverse));
  }

  copy(x: GpuOperand, out: GpuOperand, walk: StridedCopy): void {
    this.#launch([copyJob(x, out, walk, this.#host.vectors)]);
  }

  matmul(a: GpuOperand, b: GpuOperand, out: GpuOperand, options?: MatmulOptions): void {
    this.#launch([matmulJob(a, b, out, options)]);
  }

  conv2d(x: GpuOperand, w: GpuOperand, bias: GpuOperand | null, out: GpuOperand, g: Conv2dGeometry): void {
    this.#launch([conv2dJob(x, w, bias, out, g, this.#host.vectors)]);
  }

  conv2dInputGrad(dy: GpuOperand, w: GpuOperand, dx: GpuOperand, g: Conv2dGeometry): void {
    this.#carryOut(conv2dInputGradPlan(dy, w, dx, g, this.#host.vectors));
  }

  conv2dWeightGrad(x: GpuOperand, dy: GpuOperand, dw: GpuOperand, g: Conv2dGeometry): void {
    this.#carryOut(conv2dWeightGradPlan(x, dy, dw, g));
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
    if (plan) this.#carryOut(plan);
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

  /** What `work` gives, or a rejection with ValueError if an index was outside of its axis: that is told once only. */
  async #unlessNoted<T>(work: Promise<T>): Promise<T> {
    const taken = this.#guard.takeNote();
    if (!taken) return work;
    const said = this.#queue.read(taken.note);
    this.#queue.release(taken.note);
    const [outcome, noted] = await Promise.allSettled([work, said]);
    if (noted.status === 'fulfilled') this.#guard.explain(noted.value);
    else this.#guard.explainLoss(noted.reason, taken.looked);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Queues the stages of a plan. */
  #carryOut({ stages, temporaries }: Plan): void {
    for (const stage of stages) this.#launch(stage);
    for (const { handle } of temporaries) this.release(handle);
  }

  #launch(jobs: readonly (Job | null)[]): void {
    for (const job of jobs) if (job) this.#guard.forget(job.out.handle.cell);
    this.#queue.launch(jobs);
  }
}
