import { isFloat } from '../dtype.js';
import { AntinodeError, DtypeError, expected } from '../errors.js';
import { alias } from '../tensor/run.js';
import type { GradientSlot, Tensor } from '../tensor/tensor.js';
import { isGradEnabled } from './mode.js';

/** Computes the gradient of one input when it is needed; null where there is none. */
export type Gradient = () => Tensor | null;

/** From the gradients of the outputs (null: none arrived) to one `Gradient` per input, null where there can be none. */
export type Backward = (...dys: (Tensor | null)[]) => readonly (Gradient | null)[];

/** Backward of an operation with one output. */
export type SingleBackward = (dy: Tensor) => readonly (Gradient | null)[];

/** How an operation goes backward. */
export interface BackwardRules<B> {
  /** Written with operations, or a fused kernel. */
  readonly backward: B;
  /** Written with recorded operations; needed where `backward` uses kernels that are not recorded. */
  readonly composite?: B;
}

/** One recorded operation. */
export interface GraphNode {
  readonly op: string;
  /** Later operations have larger numbers, so descending order is a topological order. */
  readonly number: number;
  readonly outputCount: number;
  /** Empty after the graph was released. */
  inputs: readonly Tensor[];
  rules: BackwardRules<Backward> | null;
  /** Outputs whose gradient shall be left in `.grad`. */
  readonly retained: Tensor[];
}

/** What autograd knows of a tensor. */
export class GradientState implements GradientSlot {
  readonly slot = 'gradient';
  requiresGrad = false;
  grad: Tensor | null = null;
  /** The operation that made the tensor, null for leaves. */
  node: GraphNode | null = null;
  /** Which output of `node` it is. */
  output = 0;
}

let count = 0;

/** The state of a tensor; null if nothing was ever recorded of it. */
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
 * @throws DtypeError unless it is float32, AntinodeError for results of operations.
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

/** The gradient of a leaf that `backward` left, or null. */
export function gradOf(t: Tensor): Tensor | null {
  const grad = gradientState(t)?.grad ?? null;
  return grad?.released ? null : grad;
}

/** Sets or clears the gradient of a tensor. */
export function setGrad(t: Tensor, grad: Tensor | null): void {
  if (grad || t.gradientSlot) ensureState(t).grad = grad;
}

/** Asks `backward` to leave the gradient in `.grad` of a tensor that is not a leaf, too. */
export function retainGrad(t: Tensor): Tensor {
  const node = gradientState(t)?.node;
  if (node && !node.retained.includes(t)) node.retained.push(t);
  return t;
}

/** The number that the next recorded operation will have; all operations so far have smaller ones. */
export function nextNumber(): number {
  return count;
}

/** The operations behind `roots`, latest first, which is a topological order; those behind `stopsAt` are left out. */
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

/** The same values, sharing memory, that gradients do not flow through. */
export function detach(x: Tensor): Tensor {
  return alias('detach', x, x.shape);
}

/**
 * Records that `op` made `output` from `inputs`, if recording is on and an input requires a gradient. A plain function
 * as `rules` is a backward made of recorded operations.
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

/** The same for an operation with several outputs. */
export function recordAll(
  op: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  rules: BackwardRules<Backward>,
): readonly Tensor[] {
  if (!isGradEnabled() || !inputs.some(requiresGrad)) return outputs;
  const node: GraphNode = { op, number: count++, outputCount: outputs.length, inputs, rules, retained: [] };
  outputs.forEach((output, i) => {
    if (!isFloat(output.dtype)) return;
    const state = ensureState(output);
    state.requiresGrad = true;
    state.node = node;
    state.output = i;
  });
  return outputs;
}
