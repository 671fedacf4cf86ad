import { bytesOf, type Dtype, type TypedArray } from '../../dtype.js';
import { type Formula, formula } from '../../formula/formula.js';
import type {
  Backend,
  Conv2dGeometry,
  DeviceInfo,
  Distribution,
  MatmulOptions,
  Operand,
  Operands,
  Pool2dGeometry,
  RandomStream,
  Scalars,
  StridedCopy,
} from '../../tensor/backend.js';
import { batchedMatmul } from './batched-matmul.js';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv/conv.js';
import { copy } from './copy.js';
import { FormulaRunner } from './formula/runner.js';
import { gather, indexAdd, indexSelect, scatterAdd } from './gather.js';
import { read, write } from './host.js';
import { avgPool2d, avgPool2dGrad, maxPool2d, maxPool2dGrad } from './pool2d.js';
import { random } from './random.js';
import { CpuRuntime } from './runtime.js';
import { argReduce, cumsum } from './scan.js';
import { getThreads, onThreads } from './threads/threads.js';
import { getSimdWidth, onSimdWidth } from './wide/simd-width.js';

const convert = formula('out = x', { tensors: ['out', 'x'] });

/**
 * The default device: WebAssembly SIMD kernels over one memory, shared by the number of threads that `setThreads` sets.
 * Handles are byte offsets into that memory, multiples of 64 except for parts of tensors.
 *
 * @throws DeviceError when WebAssembly SIMD is missing or forbidden
 */
export class CpuBackend implements Backend<number> {
  readonly name = 'cpu';
  readonly #engine: CpuRuntime;
  readonly #formulas: FormulaRunner;

  /** @param engine tests pass an engine other than the default for this machine */
  constructor(engine = new CpuRuntime({ threads: getThreads(), simdWidth: getSimdWidth() })) {
    this.#engine = engine;
    this.#formulas = new FormulaRunner(engine, engine.relaxedSimd);
    onThreads((threads) => engine.resize(threads));
    onSimdWidth((width) => {
      engine.simdWidth = width;
    });
  }

  info(): DeviceInfo {
    const { participants: threads, relaxedSimd, sharedMemory, simdWidth, notWide } = this.#engine;
    const features = ['simd', ...(relaxedSimd ? ['relaxed-simd'] : []), ...(sharedMemory ? ['shared-memory'] : [])];
    const arithmetic = this.#engine.fusesMultiplyAdd ? 'float32 with fused multiply-add' : 'float32';
    const description = `WebAssembly SIMD kernels${simdWidth === 256 ? ' of 256 bits' : ''}`;
    const info = { name: this.name, description, arithmetic, threads, features };
    return notWide === null ? info : { ...info, fallback: `kernels of 256 bits: ${notWide}` };
  }

  allocate(dtype: Dtype, size: number): number {
    return this.#engine.allocate(size * bytesOf(dtype));
  }

  release(handle: number): void {
    this.#engine.free(handle);
  }

  part(x: Operand<number>, offset: number): number {
    return x.handle + offset * bytesOf(x.dtype);
  }

  write(out: Operand<number>, values: ArrayLike<number>, offset?: number): void {
    write(this.#engine, out, values, offset);
  }

  async read(x: Operand<number>): Promise<TypedArray> {
    return read(this.#engine, x);
  }

  readSync(x: Operand<number>): TypedArray {
    return read(this.#engine, x);
  }

  map(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    this.#formulas.prepareMap(f, operands, scalars)();
  }

  prepareMap(f: Formula, operands: Operands<number>, scalars: Scalars): () => void {
    return this.#formulas.prepareMap(f, operands, scalars);
  }

  reduce(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    this.#formulas.reduce(f, operands, scalars);
  }

  argReduce(kind: 'max' | 'min', x: Operand<number>, out: Operand<number>, axis: number): void {
    argReduce(this.#engine, kind, x, out, axis);
  }

  cumsum(x: Operand<number>, out: Operand<number>, axis: number, reverse: boolean): void {
    cumsum(this.#engine, x, out, axis, reverse);
  }

  copy(x: Operand<number>, out: Operand<number>, walk: StridedCopy): void {
    copy(this.#engine, x, out, walk);
  }

  matmul(a: Operand<number>, b: Operand<number>, out: Operand<number>, options?: MatmulOptions): void {
    batchedMatmul(this.#engine, a, b, out, options);
  }

  conv2d(
    x: Operand<number>,
    w: Operand<number>,
    bias: Operand<number> | null,
    out: Operand<number>,
    g: Conv2dGeometry,
  ): void {
    const tensors = { input: x.handle, weights: w.handle, bias: bias?.handle ?? 0, output: out.handle };
    conv2d(this.#engine, tensors, g);
  }

  conv2dInputGrad(dy: Operand<number>, w: Operand<number>, dx: Operand<number>, g: Conv2dGeometry): void {
    conv2dInputGrad(this.#engine, dy.handle, w.handle, dx.handle, g);
  }

  conv2dWeightGrad(x: Operand<number>, dy: Operand<number>, dw: Operand<number>, g: Conv2dGeometry): void {
    conv2dWeightGrad(this.#engine, x.handle, dy.handle, dw.handle, g);
  }

  maxPool2d(x: Operand<number>, out: Operand<number>, indices: Operand<number>, g: Pool2dGeometry): void {
    maxPool2d(this.#engine, x, out, indices, g);
  }

  maxPool2dGrad(dy: Operand<number>, indices: Operand<number>, dx: Operand<number>, g: Pool2dGeometry): void {
    maxPool2dGrad(this.#engine, dy, indices, dx, g);
  }

  avgPool2d(x: Operand<number>, out: Operand<number>, g: Pool2dGeometry): void {
    avgPool2d(this.#engine, x, out, g);
  }

  avgPool2dGrad(dy: Operand<number>, dx: Operand<number>, g: Pool2dGeometry): void {
    avgPool2dGrad(this.#engine, dy, dx, g);
  }

  gather(x: Operand<number>, index: Operand<number>, out: Operand<number>, axis: number): void {
    gather(this.#engine, x, index, out, axis);
  }

  scatterAdd(out: Operand<number>, index: Operand<number>, src: Operand<number>, axis: number): void {
    scatterAdd(this.#engine, out, index, src, axis);
  }

  indexSelect(x: Operand<number>, index: Operand<number>, out: Operand<number>, axis: number): void {
    indexSelect(this.#engine, x, index, out, axis);
  }

  indexAdd(out: Operand<number>, index: Operand<number>, src: Operand<number>, axis: number): void {
    indexAdd(this.#engine, out, index, src, axis);
  }

  random(out: Operand<number>, distribution: Distribution, stream: RandomStream): void {
    const made = distribution.kind === 'integer' ? 'int32' : 'float32';
    if (out.dtype === made) {
      random(this.#engine, out, distribution, stream);
      return;
    }
    const values = { shape: out.shape, dtype: made, size: out.size, handle: this.allocate(made, out.size) } as const;
    random(this.#engine, values, distribution, stream);
    this.map(convert, { out, x: values }, {});
    this.release(values.handle);
  }
}
