import { isFloat } from '../dtype.js';
import { AntinodeError, DtypeError, expected } from '../errors.js';
import { now } from '../tensor/memory/changes.js';
import { alias } from '../tensor/run.js';
import type { GradientSlot, Tensor } from '../tensor/tensor.js';
import { isGradEnabled } from './mode.js';

/** Computes the gradient of one input when it is needed; null if there is none. */
export type Gradient = () => Tensor | null;

/**
 * Maps the gradients of the outputs (null if none arrived) to one `Gradient` per input (null if it cannot have one).
 */
export type Backward = (...dys: (Tensor | null)[]) => readonly (Gradient | null)[];

/** The `Backward` of an operation with one output. */
export type SingleBackward = (dy: Tensor) => readonly (Gradient | null)[];

/** The backward functions of an operation. */
export interface BackwardRules<B> {
  /** Uses operations or a fused kernel. */
  readonly backward: B;
  /** Uses recorded operations only; needed if `backward` uses kernels that are not recorded. */
  readonly composite?: B;
}

/** One recorded operation. */
export interface GraphNode {
  readonly op: string;
  /** Later operations have larger numbers, so descending order is a topological order. */
  readonly number: number;
  readonly outputCount: number;
  /** When it was recorded: its gradient needs values as they were then. */
  readonly time: number;
  /** Empty once the graph has been released. */
  inputs: readonly Tensor[];
  rules: BackwardRules<Backward> | null;
  /** Outputs whose gradient `backward` stores in `.grad`. */
  readonly retained: Tensor[];
}

/** The autograd state of a tensor. */
export class GradientState implements GradientSlot {
  readonly slot = 'gradient';
  requiresGrad = false;
  grad: Tensor | null = null;
  /** The operation that made the tensor; null for leaves. */
  node: GraphNode | null = null;
  /** Which output of `node` it is. */
  output = 0;
}

let count = 0;

/** Returns the autograd state of a tensor; null if it has none. */
export function gradientState(t: Tensor): GradientState | null {
  return t.gradientSlot as GradientState | null;
}

function ensureState(t: Tensor): GradientState {
  t.gradientSlot ??= new GradientState();
  return t.gradientSlot as GradientState;
}

/** True if gradients flow to or through `t`. */
export function requiresGrad(t: Tensor): boolean {
  return gradientState(t)?.requiresGrad ?? false;
}

/**
 * Switches gradients of a leaf on or off.
 * @throws DtypeError unless the tensor is float32, AntinodeError if it is the result of an operation.
 */
export function setRequiresGrad<T extends Tensor>(t: T, on: boolean): T {
  if (on && !isFloat(t.dtype)) throw new DtypeError(expected('requiresGrad', 'float32', t.dtype));
  if (!on && !t.gradientSlot) return t;
  const state = ensureState(t);
  if (state.node)
    throw new AntinodeError(expected('requiresGrad', 'a leaf', 'the result of an operation; use detach()'));
  state.requiresGrad = on;
  return t;
}

/** Returns the gradient that `backward` stored in a tensor, or null. */
export function gradOf(t: Tensor): Tensor | null {
  const grad = gradientState(t)?.grad ?? null;
  return grad?.released ? null : grad;
}

/** Sets or clears the gradient of a tensor. */
export function setGrad(t: Tensor, grad: Tensor | null): void {
  if (grad || t.gradientSlot) ensureState(t).grad = grad;
}

/** Makes `backward` also store the gradient of a tensor that is not a leaf in its `.grad`. */
export function retainGrad(t: Tensor): Tensor {
  const node = gradientState(t)?.node;
  if (node && !node.retained.includes(t)) node.retained.push(t);
  return t;
}

/** Returns the number that the next recorded operation will have; all operations so far have smaller numbers. */
export function nextNumber(): number {
  return count;
}

/**
 * Returns the operations that led to `roots`, latest first, which is a topological order; leaves out those that led to
 * tensors in `stopsAt`.
 */
export function nodesBehind(
  roots: readonly Tensor[],
  stopsAt: (t: Tensor) => boolean = () => false,
): readonly GraphNode[] {
  const found = new Set<GraphNode>();
  const next = [...roots];
  for (let t = next.pop(); t; t = next.pop()) {
    const node = stopsAt(t) ? null : gradientState(t)?.node;
    if (!node || found.has(node)) continue;
    found.add(node);
    next.push(...node.inputs);
  }
  return [...found].sort((a, b) => b.number - a.number);
}

/** Returns the same values, sharing memory, as a tensor through which no gradients flow. */
export function detach(x: Tensor): Tensor {
  return alias('detach', x, x.shape);
}

/**
 * Records that `op` made `output` from `inputs`, if recording is on and an input requires a gradient. If `rules` is a
 * plain function, it is a backward that uses recorded operations only.
 */
export function record(
  op: string,
  inputs: readonly Tensor[],
  output: Tensor,
  rules: SingleBackward | BackwardRules<SingleBackward>,
): Tensor {
  const { backward, composite } =
    typeof rules === 'function' ? { backward: rules } : (rules as BackwardRules<SingleBackward>);
  const single = (f: SingleBackward) => (dy: Tensor | null) => (dy ? f(dy) : []);
  const both = { backward: single(backward), composite: composite && single(composite) };
  return recordAll(op, inputs, [output], both)[0];
}

/** Records an operation with several outputs. */
export function recordAll(
  op: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  rules: BackwardRules<Backward>,
): readonly Tensor[] {
  if (!isGradEnabled() || !inputs.some(requiresGrad)) return outputs;
  const node: GraphNode = {
    op,
    number: count++,
    outputCount: outputs.length,
    time: now(),
    inputs,
    rules,
    retained: [],
  };
  outputs.forEach((output, i) => {
    if (!isFloat(output.dtype)) return;
    const state = ensureState(output);
    state.requiresGrad = true;
    state.node = node;
    state.output = i;
  });
  return outputs;
}
