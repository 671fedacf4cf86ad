import type {
  Backend,
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
import { elementsOf, philox } from '../random.js';
import type { Conv2dGeometry, Pool2dGeometry } from '../shape.js';
import type { Cell, GpuHandle, GpuOperand } from './cell.js';
import { conv2dInputGradJob, conv2dJob, conv2dWeightGradJob } from './conv2d.js';
import { copyJob } from './copy.js';
import { gatherJob, indexAddJob, indexSelectJob, scatterAddJob } from './gather.js';
import { fromHost, toHost } from './host.js';
import type { Job } from './job.js';
import type { Kernels, Launch } from './kernels.js';
import { mapJobs } from './map.js';
import { matmulJob } from './matmul.js';
import { avgPool2dGradJob, avgPool2dJob, maxPool2dGradJob, maxPool2dJobs } from './pool2d.js';
import { reduceJobs } from './reduce.js';
import { argReduceJob, cumsumJob } from './scan.js';

/**
 * Kernels of GPU.js. Every call is queued and runs in order; results are read with `await` only. All dtypes are kept as
 * float32 on the device, so integers are exact up to 2^24 and tensors have at most as many elements.
 */
export class GpuBackend implements Backend<GpuHandle> {
  readonly name: string;
  readonly #kernels: Kernels;
  readonly #description: string;
  #queue: Promise<void> = Promise.resolve();

  constructor(name: string, kernels: Kernels, description: string) {
    this.name = name;
    this.#kernels = kernels;
    this.#description = description;
  }

  info(): DeviceInfo {
    return { name: this.name, description: this.#description, threads: 1, features: [] };
  }

  /** Buffers on the device, and kernels launched so far, once all that is queued has run. */
  async counters(): Promise<{ buffers: number; launches: number }> {
    await this.#queue;
    return { buffers: this.#kernels.live, launches: this.#kernels.launched };
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
          const value = cell.value ?? new Float32Array(cell.size);
          const host = value instanceof Float32Array ? value : await value.toArray();
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
    this.#launch(reduceJobs(f, operands, scalars));
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
    this.#launch([conv2dWeightGradJob(x, dy, dw, g)]);
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

  /** The words of Philox need 32-bit integers, which not every mode has, so the host makes them. */
  random(out: GpuOperand, distribution: Distribution, stream: RandomStream): void {
    const values = new Float32Array(Math.ceil(out.size / 4) * 4);
    const words = new Uint32Array(4);
    for (let at = 0; at < out.size; at += 4) {
      philox(stream.seed, stream.counter + at / 4, words);
      values.set(elementsOf(distribution, words), at);
    }
    this.write(out, values.subarray(0, out.size));
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
    const { cells, numbers, keeps } = job.source;
    return [{ source: String(job.source), cells, keeps, numbers, to: job.out.handle.cell }];
  });
}
