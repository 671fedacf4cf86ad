import { AntinodeError, describe, expected, ValueError } from '../errors.js';
import { flag, instance, listOf, optional } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { handOver } from '../tensor/scope.js';
import { Tensor } from '../tensor/tensor.js';
import { addInto, type BackwardOptions, backwardOptions, carry, type Flow } from './carry.js';
import { type GraphNode, gradientState, gradOf, nodesBehind, requiresGrad, setGrad } from './graph.js';
import { clone } from './ops/convert.js';
import { zerosLike } from './ops/fill.js';
import { add } from './ops/math/arithmetic.js';

/**
 * Adds to `.grad` of every leaf that `root` was computed from. `dy` is the gradient of `root`, by default 1 for a root
 * with one element.
 * @throws ShapeError if dy is needed or misshapen, AntinodeError if nothing requires a gradient or the graph was
 * released by an earlier backward.
 */
export function backward(root: Tensor, dy?: Tensor, options?: BackwardOptions): void {
  const given = resolveOptions('backward', backwardOptions, options);
  const flow: Flow = {
    stopsAt: never,
    flowsTo: requiresGrad,
    watched: (node) => node.retained,
    arrive: (t, gradient) => leaveGradient(t, gradient, given.createGraph ?? false),
  };
  carry([root], [dy], { nodes: nodesBehind([root]), flow }, given);
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** The gradient of each output. Default: 1 for outputs with one element. */
  readonly gradOutputs?: readonly Tensor[];
  /**
   * Return null for inputs that do not influence the outputs, instead of throwing.
   * @default false
   */
  readonly allowUnused?: boolean;
}

/** One gradient G for each input: a tuple for a tuple, a list for a list, and [G] for a single tensor. */
export type GradientsOf<I extends Tensor | readonly Tensor[], G = Tensor> = I extends readonly Tensor[]
  ? { -readonly [K in keyof I]: G }
  : [G];

const gradOptions: OptionTable<GradOptions> = {
  ...backwardOptions,
  gradOutputs: optional(listOf(instance(Tensor, 'a tensor'), 'tensors')),
  allowUnused: flag(false),
};

/**
 * Gradients of the sum of `outputs` with respect to each of `inputs`, without touching `.grad`. With `createGraph` they
 * can be differentiated again.
 * @throws AntinodeError for inputs that require no gradient or do not influence the outputs, unless `allowUnused`;
 * otherwise as `backward` does.
 * @example const [dx, dw] = autograd.grad(loss, [x, w])
 */
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options?: GradOptions & { readonly allowUnused?: false },
): GradientsOf<I>;
/** The same, with null for inputs that do not influence the outputs. */
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options: GradOptions,
): GradientsOf<I, Tensor | null>;
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): unknown {
  const { gradOutputs, allowUnused, ...given } = resolveOptions('grad', gradOptions, options);
  const roots = listed(outputs);
  const wanted = listed(inputs);
  if (gradOutputs && gradOutputs.length !== roots.length) {
    throw new ValueError(expected('grad', `${roots.length} gradOutputs, one per output`, `${gradOutputs.length}`));
  }
  wanted.forEach((input, i) => {
    if (requiresGrad(input)) return;
    throw new AntinodeError(
      expected('grad', 'inputs that require a gradient', `input ${i}, ${describe(input)}, which does not`),
    );
  });
  const nodes = nodesBehind(roots);
  // before the pass, which may release the graph
  const reached = new Set([...roots, ...nodes.flatMap((node) => node.inputs)]);
  const found = gradientsAt(roots, wanted, nodes, { gradOutputs: gradOutputs ?? [], ...given });
  return wanted.map((input, i) => {
    const gradient = found.get(input);
    if (gradient) return gradient;
    if (reached.has(input)) return zerosLike(input);
    if (allowUnused) return null;
    const wantedInputs = 'inputs that influence the outputs, or allowUnused: true for null';
    throw new AntinodeError(expected('grad', wantedInputs, `input ${i}, ${describe(input)}, which does not`));
  });
}

/** The gradients that reach `inputs`, each added up. */
function gradientsAt(
  roots: readonly Tensor[],
  inputs: readonly Tensor[],
  nodes: readonly GraphNode[],
  { gradOutputs, ...options }: BackwardOptions & { readonly gradOutputs: readonly Tensor[] },
): ReadonlyMap<Tensor, Tensor> {
  const wanted = new Set(inputs);
  const leading = new Set<GraphNode>();
  const flowsTo = (t: Tensor) => wanted.has(t) || leading.has(gradientState(t)?.node as GraphNode);
  for (const node of [...nodes].reverse()) {
    // a released graph no longer tells where it led, so the pass enters it and throws
    if (!node.rules || node.inputs.some(flowsTo)) leading.add(node);
  }
  const found = new Map<Tensor, Tensor>();
  const flow: Flow = {
    stopsAt: never,
    flowsTo,
    watched: (node) => inputs.filter((input) => gradientState(input)?.node === node),
    arrive: (t, gradient) => {
      if (wanted.has(t)) collect(found, t, gradient);
    },
  };
  carry(roots, gradOutputs, { nodes, flow, survivors: found }, options);
  return found;
}

function listed(tensors: Tensor | readonly Tensor[]): readonly Tensor[] {
  return tensors instanceof Tensor ? [tensors] : tensors;
}

/**
 * Gradients of the sum of `outputs`, weighted by `dys`, with respect to a boundary of tensors that hides what lies
 * behind it: its tensors are taken as independent of each other; null where no output depends on one.
 */
export function gradAtBoundary(
  outputs: readonly Tensor[],
  dys: readonly Tensor[],
  boundary: readonly Tensor[],
  options: BackwardOptions,
): (Tensor | null)[] {
  const edge = new Set(boundary);
  const stopsAt = (t: Tensor) => edge.has(t);
  const found = new Map<Tensor, Tensor>();
  const arrive = (t: Tensor, gradient: Tensor) => {
    if (edge.has(t)) collect(found, t, gradient);
  };
  const flow = { stopsAt, flowsTo: requiresGrad, watched: () => [], arrive };
  carry(outputs, dys, { nodes: nodesBehind(outputs, stopsAt), flow, survivors: found }, options);
  return boundary.map((t) => found.get(t) ?? null);
}

const never = () => false;

function collect(found: Map<Tensor, Tensor>, t: Tensor, gradient: Tensor): void {
  const sum = found.get(t);
  found.set(t, sum ? add(sum, gradient) : gradient);
}

/** Adds to the gradient of a leaf, in place if there is one; it lives as long as the leaf does. */
function leaveGradient(t: Tensor, gradient: Tensor, createGraph: boolean): void {
  const before = gradOf(t);
  if (before && !createGraph) {
    addInto(before, gradient);
    return;
  }
  const after = before ? add(before, gradient) : gradient;
  // optimizers and clipping write gradients in place
  const own = !createGraph && after.storage.shared ? clone(after) : after;
  setGrad(t, handOver(own, t));
}
