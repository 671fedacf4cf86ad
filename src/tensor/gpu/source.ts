import { broadcastStrides, stridesOf } from '../shape.js';
import type { GpuOperand } from './cell.js';
import type { KernelNumber } from './kernels.js';

/** Builds a kernel: its parameters, and the code that finds elements of operands. */
export class KernelSource {
  readonly cells: GpuOperand['handle']['cell'][] = [];
  readonly numbers: KernelNumber[] = [];
  /** True if the kernel hands on elements of its own cell, which other kernels of the call may just have written. */
  keeps = false;
  readonly #lines: string[] = [];
  #names = 0;

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

  /** The expression of element `index` (a whole expression, from 0) of an operand. */
  element(x: GpuOperand, index: string): string {
    const { cell, offset } = x.handle;
    let at = this.cells.indexOf(cell);
    if (at < 0) at = this.cells.push(cell) - 1;
    return offset === 0 ? `c${at}[${index}]` : `c${at}[${this.number(offset, true)} + ${index}]`;
  }

  /** The expression of an element of the cell that the kernel writes, as earlier kernels of the call left it. */
  kept(index: string): string {
    this.keeps = true;
    return `kept[${index}]`;
  }

  /** Names of the indices along each axis of the element `index` of a tensor of `shape`, in row-major order. */
  indices(shape: readonly number[], index: string): string[] {
    const names: string[] = [];
    const strides = stridesOf(shape);
    let rest = index;
    shape.forEach((length, axis) => {
      const name = this.name('x');
      if (length === 1) {
        this.line(`const ${name} = 0;`);
      } else if (strides[axis] === 1) {
        this.line(`const ${name} = ${rest};`);
      } else {
        this.line(`const ${name} = Math.floor(${rest} / ${strides[axis]});`);
        const left = this.name('r');
        this.line(`const ${left} = ${rest} - ${name} * ${strides[axis]};`);
        rest = left;
      }
      names.push(name);
    });
    return names;
  }

  /** Where the element at `indices` along the axes of `full` lies in an operand that broadcasts to it. */
  position(x: Pick<GpuOperand, 'shape' | 'strides'>, full: readonly number[], indices: readonly string[]): string {
    return sumOf(broadcastStrides(x.shape, full, x.strides), indices);
  }

  /** The source of the function. */
  toString(): string {
    const kept = this.keeps ? ['kept'] : [];
    const parameters = [...this.cells.map((_, i) => `c${i}`), ...kept, ...this.numbers.map((_, i) => `p${i}`)];
    return `function(${parameters.join(', ')}) {\n${this.#lines.join('\n')}\n}`;
  }
}

/** The sum of indices times strides. */
export function sumOf(strides: readonly number[], indices: readonly string[], start = 0): string {
  const terms = strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [stride === 1 ? indices[axis] : `${indices[axis]} * ${stride}`],
  );
  if (start !== 0 || terms.length === 0) terms.unshift(String(start));
  return terms.join(' + ');
}

/**
 * Begins a kernel that gives all elements of the cell of `out`: those outside of `out` keep their value. Afterwards
 * the name that comes back is the place of the element in `out`, counted without gaps between rows.
 */
export function beginOutput(k: KernelSource, out: GpuOperand): string {
  const { cell, offset } = out.handle;
  if (offset === 0 && out.size === cell.size && !out.strides) {
    k.line('const i = this.thread.x;');
    return 'i';
  }
  k.line('const g = this.thread.x;');
  const old = k.kept('g');
  k.line(`const e = g - ${k.number(offset, true)};`);
  const strides = out.strides ?? stridesOf(out.shape);
  insideOf(k, 'e', out.shape, strides, old);
  return 'i';
}

/**
 * Leaves `i`, the row-major place of the element at distance `e` from the first one of a strided view, and returns
 * `old` where no element of the view lies. Strides are positive, and axes do not interleave.
 */
export function insideOf(
  k: KernelSource,
  e: string,
  shape: readonly number[],
  strides: readonly number[],
  old: string,
): void {
  const order = shape
    .map((_, axis) => axis)
    .filter((axis) => shape[axis] > 1)
    .sort((a, b) => strides[b] - strides[a]);
  const places = stridesOf(shape);
  k.line(`if (${e} < 0) { return ${old}; }`);
  let rest = e;
  const terms: string[] = [];
  for (const axis of order) {
    const x = k.name('x');
    k.line(strides[axis] === 1 ? `const ${x} = ${rest};` : `const ${x} = Math.floor(${rest} / ${strides[axis]});`);
    k.line(`if (${x} >= ${shape[axis]}) { return ${old}; }`);
    if (strides[axis] !== 1) {
      const left = k.name('r');
      k.line(`const ${left} = ${rest} - ${x} * ${strides[axis]};`);
      rest = left;
    } else {
      rest = '0';
    }
    terms.push(places[axis] === 1 ? x : `${x} * ${places[axis]}`);
  }
  if (rest !== '0') k.line(`if (${rest} > 0) { return ${old}; }`);
  k.line(`const i = ${terms.length > 0 ? terms.join(' + ') : '0'};`);
}
