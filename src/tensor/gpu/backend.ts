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
} from '../backend.js';
import type { Dtype, TypedArray } from '../dtype.js';
import type { Formula } from '../formula.js';
import type { Conv2dGeometry, Pool2dGeometry } from '../shape.js';
import type { Cell, GpuHandle, GpuOperand } from './cell.js';
import { conv2dInputGradJob, conv2dJob, conv2dWeightGradPlan } from './conv2d.js';
import { copyJob } from './copy.js';
import { gatherJob, indexAddJob, indexSelectJob, scatterAddJob } from './gather.js';
import type { GpuHost } from './host.js';
import type { Job, Plan } from './job.js';
import { Kernels, type Launch } from './kernels.js';
import { mapJobs } from './map.js';
import { matmulJob } from './matmul.js';
import { avgPool2dGradJob, avgPool2dJob, maxPool2dGradJob, maxPool2dJobs } from './pool2d.js';
import { randomJob } from './random.js';
import { reducePlan } from './reduce.js';
import { argReduceJob, cumsumJob } from './scan.js';
import { fromHost, toHost } from './values.js';

/**
 * Kernels of GPU.js. Every call is queued and runs in order; results are read with `await` only. All dtypes are kept as
 * float32 on the device, so integers are exact up to 2^24 and tensors have at most as many elements.
 */
export class GpuBackend implements Backend<GpuHandle> {
  readonly name: string;
  readonly #host: GpuHost;
  readonly #kernels: Kernels;
  readonly #fallback: string | undefined;
  #queue: Promise<void> = Promise.resolve();

  /** @param fallback why another device that was asked for first does not run */
  constructor(name: string, host: GpuHost, fallback?: string) {
    this.name = name;
    this.#host = host;
    this.#kernels = new Kernels(host);
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

  /** What kernels did so far and hold, once all that is queued has run. */
  async counters(): Promise<DeviceCounters> {
    await this.#queue;
    return this.#kernels.counters;
  }

  synchronize(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue(() => this.#kernels.finish().then(resolve, reject));
    });
  }

  allocate(dtype: Dtype, size: number): GpuHandle {
    return { cell: { dtype, size, value: null, error: null }, offset: 0 };
  }

  release({ cell }: GpuHandle): void {
    this.#enqueue(async () => this.#replace(cell, null));
  }

  part(x: GpuOperand, offset: number): GpuHandle {
    return { cell: x.handle.cell, offset: x.handle.offset + offset };
  }

  write(out: GpuOperand, values: ArrayLike<number>, offset = 0): void {
    const host = fromHost(out.dtype, values);
    if (host.length === 0) return;
    const { cell } = out.handle;
    const to = { shape: out.shape, dtype: out.dtype, size: out.size, handle: out.handle };
    const start = out.handle.offset + offset;
    this.#enqueue(async () => {
      const uploaded: Cell = { dtype: to.dtype, size: host.length, value: host, error: null };
      if (start === 0 && host.length === cell.size && !this.#kernels.remote) return this.#replace(cell, host);
      const walk = { shape: [host.length], fromOffset: 0, fromStrides: [1], toOffset: offset, toStrides: [1] };
      const from = { shape: [host.length], dtype: to.dtype, size: host.length, handle: { cell: uploaded, offset: 0 } };
      await this.#perform(launchesOf([copyJob(from, to, walk)]));
    });
  }

  read(x: GpuOperand): Promise<TypedArray> {
    const { cell, offset } = x.handle;
    const [dtype, size] = [x.dtype, x.size];
    return new Promise((resolve, reject) => {
      this.#enqueue(async () => {
        try {
          if (cell.error) throw cell.error;
          const host = await this.#kernels.read(cell);
          resolve(toHost(dtype, host.subarray(offset, offset + size)));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  map(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#launch(mapJobs(f, operands, scalars));
  }

  reduce(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): void {
    this.#carryOut(reducePlan(f, operands, scalars));
  }

  argReduce(kind: 'max' | 'min', x: GpuOperand, out: GpuOperand, axis: number): void {
    this.#launch([argReduceJob(kind, x, out, axis)]);
  }

  cumsum(x: GpuOperand, out: GpuOperand, axis: number, reverse: boolean): void {
    this.#launch([cumsumJob(x, out, axis, reverse)]);
  }

  copy(x: GpuOperand, out: GpuOperand, walk: StridedCopy): void {
    this.#launch([copyJob(x, out, walk)]);
  }

  matmul(a: GpuOperand, b: GpuOperand, out: GpuOperand, options?: MatmulOptions): void {
    this.#launch([matmulJob(a, b, out, options)]);
  }

  conv2d(x: GpuOperand, w: GpuOperand, bias: GpuOperand | null, out: GpuOperand, g: Conv2dGeometry): void {
    this.#launch([conv2dJob(x, w, bias, out, g)]);
  }

  conv2dInputGrad(dy: GpuOperand, w: GpuOperand, dx: GpuOperand, g: Conv2dGeometry): void {
    this.#launch([conv2dInputGradJob(dy, w, dx, g)]);
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
    this.#launch([gatherJob(x, index, out, axis)]);
  }

  scatterAdd(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): void {
    this.#launch([scatterAddJob(out, index, src, axis)]);
  }

  indexSelect(x: GpuOperand, index: GpuOperand, out: GpuOperand, axis: number): void {
    this.#launch([indexSelectJob(x, index, out, axis)]);
  }

  indexAdd(out: GpuOperand, index: GpuOperand, src: GpuOperand, axis: number): void {
    this.#launch([indexAddJob(out, index, src, axis)]);
  }

  random(out: GpuOperand, distribution: Distribution, stream: RandomStream): void {
    this.#launch([randomJob(out, distribution, stream)]);
  }

  /** Queues the stages of a plan. */
  #carryOut({ stages, temporaries }: Plan): void {
    for (const stage of stages) this.#launch(stage);
    for (const { handle } of temporaries) this.release(handle);
  }

  /** Queues kernels that read what was there before any of them. */
  #launch(jobs: readonly (Job | null)[]): void {
    const launches = launchesOf(jobs);
    this.#enqueue(() => this.#perform(launches));
  }

  /** Runs kernels that read what was there before any of them; those that write parts of one cell add up. */
  async #perform(launches: readonly Launch[]): Promise<void> {
    const written = new Map<Cell, { value: Cell['value']; error: Error | null }>();
    for (const launch of launches) {
      const { to } = launch;
      const earlier = written.get(to);
      const error = earlier?.error ?? (launch.keeps ? to.error : null);
      try {
        if (error) throw error;
        const value = await this.#kernels.run(launch, earlier ? earlier.value : to.value);
        this.#kernels.free(earlier?.value ?? null);
        written.set(to, { value, error: null });
      } catch (failure) {
        this.#kernels.free(earlier?.value ?? null);
        written.set(to, { value: null, error: failure as Error });
      }
    }
    for (const [cell, { value, error }] of written) {
      this.#replace(cell, value);
      cell.error = error;
    }
  }

  #replace(cell: Cell, value: Cell['value']): void {
    this.#kernels.free(cell.value);
    cell.value = value;
    cell.error = null;
  }

  /** What is queued never rejects: a failure stays with the cells that it should have written. */
  #enqueue(job: () => Promise<void>): void {
    this.#queue = this.#queue.then(job);
  }
}

/** What jobs need later, when the tensors that they came from may be gone. */
function launchesOf(jobs: readonly (Job | null)[]): Launch[] {
  return jobs.flatMap((job) => {
    if (!job || job.out.size === 0) return [];
    const { cells, numbers, keeps, width } = job.source;
    return [{ source: String(job.source), width, cells, keeps, numbers, to: job.out.handle.cell }];
  });
}
