import { broadcastStrides } from '../../../tensor/shape.js';
import { type Allocation, type GpuOperand, hull, type Range, rowsOf } from '../allocation.js';
import { Code } from './code.js';
import { linearIndex } from './indices.js';

/** A scalar argument of a kernel; it may change from call to call without another compilation. */
export interface ScalarArgument {
  readonly value: number;
  /** True if GPU.js should pass it as an integer, such as an offset. */
  readonly integer: boolean;
  /**
   * For an offset into an input, the position of the input: its value is then relative to the start of the view that is
   * bound.
   */
  readonly input?: number;
}

/** An input of a kernel: a range of an allocation. */
export interface KernelInput {
  readonly allocation: Allocation;
  range: Range;
  /** True if some elements are loaded one by one, so that the input cannot be bound as vectors of four. */
  scalarLoads: boolean;
}

/** The source of a kernel under construction: its arguments, its statements and the loads of elements of operands. */
export class KernelSource extends Code {
  readonly inputs: KernelInput[] = [];
  readonly scalars: ScalarArgument[] = [];
  /** The range of its allocation that the kernel writes; null for all of it. */
  range: Range | null = null;
  /**
   * True if some elements of that range keep their value, which may have been written by other kernels of the same
   * call.
   */
  usesPrevious = false;
  /** The number of elements that each thread computes: 1, or 4 adjacent ones. */
  readonly width: 1 | 4;

  constructor(width: 1 | 4 = 1) {
    super();
    this.width = width;
  }

  /** Adds a scalar argument with this value and returns its name. */
  scalar(value: number, integer = false): string {
    this.scalars.push({ value, integer });
    return `p${this.scalars.length - 1}`;
  }

  /** Declares one accumulator for each element of the thread and returns their names. */
  accumulators(start = '0'): string[] {
    return Array.from({ length: this.width }, (_, i) => this.let(`sum${i}`, start));
  }

  /** The name of the previous value of the element that the thread writes; for kernels with one element per thread. */
  previous(): string {
    this.usesPrevious = true;
    return 'old';
  }

  /** An expression that loads the element at `index`, an integer expression; `range` is the range to load from. */
  element(x: GpuOperand, index: string, range: Range = rowsOf(x)): string {
    const at = this.#input(x, range);
    this.inputs[at].scalarLoads = true;
    return `c${at}[${this.#indexInInput(x, at, index)}]`;
  }

  /**
   * Loads four adjacent elements from `index` on, which must be divisible by four; they are zeros unless `condition`
   * holds. Returns the name of each. Devices that bind vectors load all four at once, others only those that are used.
   */
  vector(x: GpuOperand, index: string, condition?: string): (i: number) => string {
    const at = this.#input(x, rowsOf(x));
    const [place, vector] = [this.name('i'), this.name('q')];
    this.const(place, this.#indexInInput(x, at, index));
    const asked = new Set<number>();
    this.defer((code, vectors) => {
      const elements = [...asked].map((i) => ({
        name: `${vector}_${i}`,
        value: vectors[at] ? `${vector}[${i}]` : `c${at}[${place} + ${i}]`,
      }));
      const loadVector = () => {
        if (vectors[at]) code.const(vector, `c${at}[${place} * 0.25]`);
      };
      if (condition === undefined) {
        loadVector();
        for (const { name, value } of elements) code.const(name, value);
        return;
      }
      for (const { name } of elements) code.let(name, '0');
      code.when(condition, () => {
        loadVector();
        for (const { name, value } of elements) code.set(name, value);
      });
    });
    return (i) => {
      asked.add(i);
      return `${vector}_${i}`;
    };
  }

  /**
   * Loads `count` adjacent elements from `start` on; `aligned` means that there are four and `start` is divisible by
   * four.
   */
  load(x: GpuOperand, start: string, count: number, aligned: boolean): string[] {
    const all = Array.from({ length: count }, (_, i) => i);
    if (aligned) return all.map(this.vector(x, start));
    return all.map((i) => this.define('e', this.element(x, i === 0 ? start : `${start} + ${i}`)));
  }

  /**
   * Expressions of `count` elements, adjacent along the last axis of the shape `full`, from `indices` on, of an operand
   * that broadcasts to that shape. If `count` is 4, it must divide the length of the last axis.
   */
  broadcast(x: GpuOperand, full: readonly number[], indices: readonly string[], count: 1 | 4): string[] {
    const strides = broadcastStrides(x.shape, full, x.strides);
    const lastStride = strides.at(-1) ?? 0;
    const start = linearIndex(strides, indices);
    if (count === 1) return [this.element(x, start)];
    if (lastStride === 0) return Array(count).fill(this.load(x, start, 1, false)[0]);
    if (lastStride === 1 && strides.slice(0, -1).every((stride) => stride % 4 === 0))
      return this.load(x, start, 4, true);
    return Array.from({ length: count }, (_, i) => this.element(x, `${start} + ${i * lastStride}`));
  }

  /**
   * Returns the function that GPU.js compiles. Its parameters are the inputs, then `previous` if it is given and not
   * one of the inputs, then the scalars, then the index in `previous` at which the written range begins. Without
   * `previous`, elements that keep their value are zeros. `vectors` is, for each input, whether it is bound as vectors
   * of four.
   */
  text(previous: string | null, vectors: readonly boolean[]): string {
    const inputs = this.inputs.map((_, i) => `c${i}`);
    const scalars = this.scalars.map((_, i) => `p${i}`);
    const arrays = previous === null || inputs.includes(previous) ? inputs : [...inputs, previous];
    const parameters = previous === null ? [...arrays, ...scalars] : [...arrays, ...scalars, 'begin'];
    const body = new Code();
    if (this.usesPrevious) body.const('old', previous === null ? '0' : `${previous}[begin + this.thread.x]`);
    const lines = [...body.lines(vectors), ...this.lines(vectors)].map((line) => `  ${line}`);
    return `function(${parameters.join(', ')}) {\n${lines.join('\n')}\n}`;
  }

  /**
   * Returns the position of the allocation of an operand among the inputs, and widens the range of that input by
   * `range`.
   */
  #input({ handle: { allocation } }: GpuOperand, range: Range): number {
    const at = this.inputs.findIndex((input) => input.allocation === allocation);
    if (at < 0) return this.inputs.push({ allocation, range, scalarLoads: false }) - 1;
    this.inputs[at].range = hull(this.inputs[at].range, range);
    return at;
  }

  /** The index in the input at position `input` of the element `index` of an operand. */
  #indexInInput({ handle: { offset } }: GpuOperand, input: number, index: string): string {
    if (offset === 0) return index;
    return `p${this.scalars.push({ value: offset, integer: true, input }) - 1} + ${index}`;
  }
}
