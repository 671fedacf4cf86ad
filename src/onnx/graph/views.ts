import { numel, sameShape, stridesOf } from '../../tensor/shape.js';
import type { GraphBuilder } from './graph-builder.js';
import type { Value } from './value.js';

/** A strided view of contiguous elements: offset and strides count elements. */
export interface View {
  readonly shape: readonly number[];
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A view as positions along the axes of the tensor that it is a view of. */
export interface Steps {
  /** For each axis of the tensor: the first position, the distance of positions, and their number. */
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  readonly counts: readonly number[];
  /** For each axis of the view, the axis of the tensor along which it walks; -1 for axes of length 1. */
  readonly axes: readonly number[];
}

/** The whole of a tensor. */
export function wholeView(shape: readonly number[]): View {
  return { shape, offset: 0, strides: stridesOf(shape) };
}

/** True if a view consists of all of `size` elements in their order. */
export function isWhole({ shape, offset, strides }: View, size: number): boolean {
  if (offset !== 0 || numel(shape) !== size) return false;
  const own = stridesOf(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === own[axis]);
}

/** The positions of a view in a tensor of `shape`, or null if it does not walk along the axes of that shape. */
export function stepsOf(view: View, shape: readonly number[]): Steps | null {
  const own = stridesOf(shape);
  let rest = view.offset;
  const starts = shape.map((length, axis) => {
    const start = length === 1 ? 0 : Math.floor(rest / own[axis]);
    rest -= start * own[axis];
    return start;
  });
  const steps = shape.map(() => 1);
  const counts = shape.map(() => 1);
  const taken = new Set<number>();
  if (rest !== 0) return null;
  const axes = view.shape.map((count, i) => {
    if (count === 1) return -1;
    const stride = view.strides[i];
    const axis = own.findIndex((each, a) => {
      if (shape[a] === 1 || taken.has(a) || stride === 0 || stride % each !== 0) return false;
      const last = starts[a] + (stride / each) * (count - 1);
      return last >= 0 && last < shape[a];
    });
    if (axis >= 0) {
      taken.add(axis);
      steps[axis] = stride / own[axis];
      counts[axis] = count;
    }
    return axis;
  });
  return axes.some((axis, i) => axis < 0 && view.shape[i] !== 1) ? null : { starts, steps, counts, axes };
}

/** Positions beyond the ends of any axis, which ONNX clips. */
const [before, after] = [-(2 ** 31), 2 ** 31 - 1];

/** The elements of a value in a view. */
export function viewed(b: GraphBuilder, x: Value, view: View): Value {
  if (isWhole(view, numel(x.shape))) return b.reshaped(x, view.shape);
  const found = numel(view.shape) > 0 ? stepsOf(view, x.shape) : null;
  if (!found) return picked(b, x, view);
  const part = sliced(b, x, found);
  const perm = permOf(found, x);
  const shape = perm.map((axis) => part.shape[axis]);
  return b.reshaped(
    isAscending(found.axes) ? part : b.add('Transpose', [part], { shape, type: x.type }, { perm }),
    view.shape,
  );
}

/** True if a view keeps the order of the axes; those of length 1 may move. */
function isAscending(axes: readonly number[]): boolean {
  const order = axes.filter((axis) => axis >= 0);
  return order.every((axis, i) => i === 0 || order[i - 1] < axis);
}

/** Axes of length 1 stay where they are if the view has as many axes as x, as in a permutation. */
function permOf({ axes }: Steps, x: Value): number[] {
  const unused = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  if (axes.length === x.shape.length) return axes.map((axis) => (axis >= 0 ? axis : (unused.shift() as number)));
  return [...unused, ...axes.filter((axis) => axis >= 0)];
}

/** The elements of x at the given positions along each axis. */
function sliced(b: GraphBuilder, x: Value, { starts, steps, counts }: Steps): Value {
  const cut = x.shape.flatMap((length, axis) => (counts[axis] === length && steps[axis] === 1 ? [] : [axis]));
  if (cut.length === 0) return x;
  // positions at the ends do not depend on the length of the axis
  const from = cut.map((axis) => (steps[axis] < 0 && starts[axis] === x.shape[axis] - 1 ? after : starts[axis]));
  const to = cut.map((axis) => {
    const last = starts[axis] + steps[axis] * (counts[axis] - 1);
    const next = last + steps[axis];
    return next < 0 ? before : next >= x.shape[axis] ? after : last + Math.sign(steps[axis]);
  });
  const lists = [from, to, cut, cut.map((axis) => steps[axis])].map((list) => b.integers(list));
  return b.add('Slice', [x, ...lists], { shape: counts, type: x.type });
}

/** The elements of a view that is not one of slices and transpositions, such as a diagonal: picks each by its index. */
function picked(b: GraphBuilder, x: Value, { shape, offset, strides }: View): Value {
  const own = stridesOf(shape);
  const index = Int32Array.from({ length: numel(shape) }, (_, i) =>
    shape.reduce((at, length, axis) => at + (Math.floor(i / own[axis]) % length) * strides[axis], offset),
  );
  const flat = b.reshaped(x, [numel(x.shape)]);
  const places = b.values(index, { shape, type: 'int32' });
  return b.add('Gather', [flat, places], { shape, type: x.type }, { axis: 0 });
}

/** A rectangular part of a tensor. */
export type Box = Pick<Steps, 'starts' | 'counts'>;

/** The part of a tensor of `shape` that a view covers in order, or null if it is not rectangular or in another order. */
export function boxOf(view: View, shape: readonly number[]): Box | null {
  const found = stepsOf(view, shape);
  return found?.steps.every((step) => step === 1) && isAscending(found.axes) ? found : null;
}

/** True if no element is in both parts. */
export function areDisjoint(a: Box, b: Box): boolean {
  return a.starts.some((start, i) => start >= b.starts[i] + b.counts[i] || b.starts[i] >= start + a.counts[i]);
}

/** True if the parts are the same. */
export function areSame(a: Box, b: Box): boolean {
  return sameShape(a.starts, b.starts) && sameShape(a.counts, b.counts);
}
