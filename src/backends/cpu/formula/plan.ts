import { bytesOf } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import type { Operands } from '../../../tensor/backend.js';
import { broadcastShapes, broadcastStrides } from '../../../tensor/shape.js';

/** How a kernel computes. */
export interface KernelMode {
  readonly arithmetic: Arithmetic;
  /** Whether to use relaxed SIMD. */
  readonly relaxed: boolean;
  /** Whether vectors are computed in pairs, which the engine joins into vectors of 256 bits. */
  readonly wide: boolean;
}

/** A call of a kernel before the kernel is compiled; see `Call`. */
export interface Plan<V> {
  /** What the code of the kernel depends on besides the formula and the dtypes. */
  readonly variant: V;
  readonly head: readonly number[];
  readonly tail: readonly number[];
  readonly tasks: number;
}

/** One axis of the walk that a formula makes over its operands. */
export interface Axis {
  readonly length: number;
  readonly reduced: boolean;
  /** Bytes from one element to the next, per operand; 0 where the operand is repeated. */
  readonly strides: readonly number[];
}

/**
 * The walk of a formula with as few axes as possible: neighbouring axes that one stride describes in every operand are
 * merged.
 */
interface Walk {
  readonly axes: readonly Axis[];
  /** Inputs and outputs, in the order of `strides`. */
  readonly names: readonly string[];
}

/** The walk of a formula over operands. Axes on which the outputs have size 1 and an input does not are reduced. */
export function planWalk(f: Formula, operands: Operands<number>): Walk {
  const names = [...new Set([...f.inputs, ...f.outputs])];
  const full = broadcastShapes('formula', ...names.map((name) => operands[name].shape));
  const kept = operands[f.outputs[0]].shape;
  const strides = names.map((name) => {
    const { shape, dtype, strides: own } = operands[name];
    return broadcastStrides(shape, full, own).map((stride) => stride * bytesOf(dtype));
  });
  const axes: Axis[] = [];
  full.forEach((length, i) => {
    if (length === 1) return;
    const reduced = f.kind === 'reduce' && kept[i - full.length + kept.length] === 1;
    const axis = { length, reduced, strides: strides.map((each) => each[i]) };
    const outer = axes.at(-1);
    const merges =
      outer?.reduced === reduced && outer.strides.every((stride, k) => stride === axis.strides[k] * axis.length);
    if (outer && merges) axes[axes.length - 1] = { ...axis, length: outer.length * length };
    else axes.push(axis);
  });
  return { axes, names };
}

/** Product of the lengths of axes. */
export function lengthOf(axes: readonly Axis[]): number {
  return axes.reduce((n, axis) => n * axis.length, 1);
}

/** The words that describe axes to kernels: their lengths, then for each axis the strides of `count` pointers. */
export function describeAxes(axes: readonly Axis[], count: number): number[] {
  return [...axes.map((axis) => axis.length), ...axes.flatMap((axis) => axis.strides.slice(0, count))];
}

/** Whether vectors of the operands can be joined: others than float32 are converted when they are loaded. */
export function isJoined(
  names: readonly string[],
  operands: Operands<number>,
  advances: readonly (boolean | undefined)[],
): boolean {
  return names.every((name, k) => operands[name].dtype === 'float32' || !advances[k]);
}
