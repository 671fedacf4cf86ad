import { broadcastStrides, stridesOf } from '../../../tensor/shape.js';
import { around, type Cell, type GpuOperand, type Range, rowsOf } from '../cell.js';

/** An argument that is a number. */
export interface KernelNumber {
  readonly value: number;
  /** An integer, such as an offset. */
  readonly whole: boolean;
  /** The input that it is an offset in, by its place in `inputs`: it counts from the start of what stands for it. */
  readonly within?: number;
}

/** What a kernel reads: a range of a cell. */
export interface KernelInput {
  readonly cell: Cell;
  range: Range;
  /** True if some elements are read one by one, so that it cannot be taken for vectors of four. */
  single: boolean;
}

/** A line, or one that depends on which inputs are vectors of four. */
type Line = string | ((vectors: readonly boolean[]) => string);

/** Builds a kernel: its parameters, and the code that finds elements of operands. */
export class KernelSource {
  readonly inputs: KernelInput[] = [];
  readonly numbers: KernelNumber[] = [];
  /** The range of its cell that the kernel gives all elements of; all of it if there is none. */
  range: Range | null = null;
  /** True if the kernel hands on elements of that range, which other kernels of the call may just have written. */
  keeps = false;
  /** Elements that each thread gives: 1, or 4 that lie side by side. */
  readonly width: 1 | 4;
  readonly #lines: Line[] = [];
  #names = 0;

  constructor(width: 1 | 4 = 1) {
    this.width = width;
  }

  /** Adds a line to the body. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** A fresh name. */
  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** A number that changes from call to call without another kernel. */
  number(value: number, whole = false): string {
    this.numbers.push({ value, whole });
    return `p${this.numbers.length - 1}`;
  }

  /** Begins as many sums as the thread gives elements. */
  sums(start = '0'): string[] {
    return Array.from({ length: this.width }, (_, i) => {
      this.line(`let sum${i} = ${start};`);
      return `sum${i}`;
    });
  }

  /** Ends the kernel with the elements that the thread gives. */
  give(values: readonly string[]): void {
    this.line(`return ${values.length > 1 ? `[${values.join(', ')}]` : values[0]};`);
  }

  /** The expression of element `index` (a whole expression, from 0) of an operand, all of which lies in `range`. */
  element(x: GpuOperand, index: string, range: Range = rowsOf(x)): string {
    const at = this.#input(x, range);
    this.inputs[at].single = true;
    return `c${at}[${this.#from(x, at, index)}]`;
  }

  /**
   * Four elements side by side of an operand, from `index` on, which divides by four, as zeros unless `condition` holds.
   * Gives the name of each. Devices that keep vectors load the four at once, others those that are asked for.
   */
  quad(x: GpuOperand, index: string, condition?: string): (i: number) => string {
    const at = this.#input(x, rowsOf(x));
    const [place, quad] = [this.name('i'), this.name('q')];
    this.line(`const ${place} = ${this.#from(x, at, index)};`);
    const asked = new Set<number>();
    this.#lines.push((vectors) => {
      const names = [...asked].map((i) => [`${quad}_${i}`, vectors[at] ? `${quad}[${i}]` : `c${at}[${place} + ${i}]`]);
      const load = vectors[at] ? `const ${quad} = c${at}[${place} * 0.25];` : '';
      if (condition === undefined) return [load, ...names.map(([name, from]) => `const ${name} = ${from};`)].join('\n');
      const zeros = names.map(([name]) => `let ${name} = 0;`);
      return [...zeros, `if (${condition}) {`, load, ...names.map(([name, from]) => `${name} = ${from};`), '}'].join(
        '\n',
      );
    });
    return (i) => {
      asked.add(i);
      return `${quad}_${i}`;
    };
  }

  /** Names of `count` elements side by side, from `start` on; `aligned` if they are four and `start` divides by four. */
  row(x: GpuOperand, start: string, count: number, aligned: boolean): string[] {
    const all = Array.from({ length: count }, (_, i) => i);
    if (aligned) return all.map(this.quad(x, start));
    return all.map((i) => {
      const name = this.name('e');
      this.line(`const ${name} = ${this.element(x, i === 0 ? start : `${start} + ${i}`)};`);
      return name;
    });
  }

  /**
   * Expressions of `count` elements side by side along the last axis of `full`, from `indices` on, in an operand that
   * broadcasts to it. Four divide their axis.
   */
  elements(x: GpuOperand, full: readonly number[], indices: readonly string[], count: 1 | 4): string[] {
    const strides = broadcastStrides(x.shape, full, x.strides);
    const along = strides.at(-1) ?? 0;
    const start = sumOf(strides, indices);
    if (count === 1) return [this.element(x, start)];
    if (along === 0) return Array(count).fill(this.row(x, start, 1, false)[0]);
    if (along === 1 && strides.slice(0, -1).every((stride) => stride % 4 === 0)) return this.row(x, start, 4, true);
    return Array.from({ length: count }, (_, i) => this.element(x, `${start} + ${i * along}`));
  }

  /** The place of an operand among the inputs. */
  #input({ handle: { cell } }: GpuOperand, range: Range): number {
    const at = this.inputs.findIndex((input) => input.cell === cell);
    if (at < 0) return this.inputs.push({ cell, range, single: false }) - 1;
    this.inputs[at].range = around(this.inputs[at].range, range);
    return at;
  }

  /** Where element `index` of an operand lies in its input. */
  #from({ handle: { offset } }: GpuOperand, at: number, index: string): string {
    if (offset === 0) return index;
    return `p${this.numbers.push({ value: offset, whole: true, within: at }) - 1} + ${index}`;
  }

  /** The name of the thread's own element of the range that it gives, as earlier kernels of the call left it. */
  kept(): string {
    this.keeps = true;
    return 'old';
  }

  /**
   * Names of the whole quotient (rounded down) and the rest of an integer. Devices may divide with an error of a few
   * units in the last place, so a quotient that is not exact is put right by its rest.
   */
  divide(value: string, by: number): [quotient: string, rest: string] {
    const [q, r] = [this.name('q'), this.name('r')];
    if (by === 1) {
      this.line(`const ${q} = ${value};`);
      return [q, '0'];
    }
    const exact = Number.isInteger(Math.log2(by));
    this.line(`${exact ? 'const' : 'let'} ${q} = Math.floor((${value}) * ${1 / by});`);
    this.line(`${exact ? 'const' : 'let'} ${r} = ${value} - ${q} * ${by};`);
    if (!exact) {
      this.line(`if (${r} >= ${by}) { ${q} = ${q} + 1; ${r} = ${r} - ${by}; }`);
      this.line(`if (${r} < 0) { ${q} = ${q} - 1; ${r} = ${r} + ${by}; }`);
    }
    return [q, r];
  }

  /** Names of the indices along each axis of the element `index` of a tensor of `shape`, in row-major order. */
  indices(shape: readonly number[], index: string): string[] {
    const names: string[] = [];
    const strides = stridesOf(shape);
    let rest = index;
    shape.forEach((length, axis) => {
      if (length === 1 || strides[axis] === 1) {
        names.push(this.name('x'));
        this.line(`const ${names[axis]} = ${length === 1 ? 0 : rest};`);
      } else {
        const [quotient, left] = this.divide(rest, strides[axis]);
        rest = left;
        names.push(quotient);
      }
    });
    return names;
  }

  /**
   * The source of the function, of inputs and numbers, and of the former value of what it writes, under the name `former`,
   * and where its range begins there. A kernel that keeps elements of a cell without a value keeps zeros. Inputs are
   * `vectors` of four where it says so.
   */
  text(former: string | null, vectors: readonly boolean[]): string {
    const inputs = this.inputs.map((_, i) => `c${i}`);
    const numbers = this.numbers.map((_, i) => `p${i}`);
    const taken = former === null || inputs.includes(former) ? inputs : [...inputs, former];
    const parameters = former === null ? [...taken, ...numbers] : [...taken, ...numbers, 'begin'];
    const old = former === null ? '0' : `${former}[begin + this.thread.x]`;
    const own = this.#lines.map((line) => (typeof line === 'string' ? line : line(vectors)));
    const lines = this.keeps ? [`const old = ${old};`, ...own] : own;
    return `function(${parameters.join(', ')}) {\n${lines.join('\n')}\n}`;
  }
}

/** The sum of indices times strides. */
export function sumOf(strides: readonly number[], indices: readonly string[]): string {
  const terms = strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [stride === 1 ? indices[axis] : `${indices[axis]} * ${stride}`],
  );
  return terms.join(' + ') || '0';
}

/** How many elements side by side a thread can give: 4 if rows divide by it and have no gaps between them. */
export function widthOf(out: GpuOperand): 1 | 4 {
  return !out.strides && (out.shape.at(-1) ?? 1) % 4 === 0 ? 4 : 1;
}

/**
 * Begins a kernel that gives the rows of `out`: elements between them keep their value. Afterwards the name that comes
 * back is the place of the first element in `out`, counted without gaps between rows.
 */
export function beginOutput(k: KernelSource, out: GpuOperand): string {
  k.range = rowsOf(out);
  if (out.strides) {
    k.line(`const e = this.thread.x - ${k.number(out.handle.offset - k.range.start, true)};`);
    return insideOf(k, 'e', out.shape, out.strides, k.kept());
  }
  k.line(`const i = this.thread.x${k.width > 1 ? ` * ${k.width}` : ''};`);
  return 'i';
}

/**
 * Gives the row-major place of the element at distance `e` from the first one of a strided view, and returns
 * `old` where no element of the view lies; without it the view has an element everywhere. Strides are positive, and
 * axes do not interleave.
 */
export function insideOf(
  k: KernelSource,
  e: string,
  shape: readonly number[],
  strides: readonly number[],
  old?: string,
): string {
  const order = shape
    .map((_, axis) => axis)
    .filter((axis) => shape[axis] > 1)
    .sort((a, b) => strides[b] - strides[a]);
  const places = stridesOf(shape);
  const outsideIf = (condition: string) => {
    if (old !== undefined) k.line(`if (${condition}) { return ${old}; }`);
  };
  outsideIf(`${e} < 0`);
  let rest = e;
  const terms: string[] = [];
  for (const axis of order) {
    const [x, left] = k.divide(rest, strides[axis]);
    outsideIf(`${x} >= ${shape[axis]}`);
    rest = left;
    terms.push(places[axis] === 1 ? x : `${x} * ${places[axis]}`);
  }
  if (rest !== '0') outsideIf(`${rest} > 0`);
  const place = k.name('i');
  k.line(`const ${place} = ${terms.length > 0 ? terms.join(' + ') : '0'};`);
  return place;
}
