import { AntinodeError, describe, expected, ValueError } from '../errors.js';
import { expectList, expectTensor } from '../tensor/expect.js';
import { handOver } from '../tensor/memory/scope.js';
import { flag, instance, listOf, optional } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { Tensor } from '../tensor/tensor.js';
import { addInto, type BackwardOptions, backwardOptions, carry, type Flow } from './carry.js';
import { type GraphNode, gradientState, gradOf, nodesBehind, requiresGrad, setGrad } from './graph.js';
import { clone } from './ops/convert.js';
import { zerosLike } from './ops/fill.js';
import { add } from './ops/math/arithmetic.js';

/**
 * Adds the gradient of `root` with respect to each leaf that it was computed from to `.grad` of the leaf. `dy` is the
 * incoming gradient of `root`, by default 1 for a root with one element.
 * @throws ShapeError if `dy` is missing for a root with several elements or has another shape than `root`,
 * AntinodeError if `root` requires no gradient or its graph has been released by an earlier backward.
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
 * Returns the gradients of the sum of `outputs` with respect to each of `inputs`; leaves `.grad` unchanged. With
 * `createGraph`, the gradients can be differentiated again.
 * @throws AntinodeError for inputs that require no gradient, and, unless `allowUnused`, for inputs that do not
 * influence the outputs; otherwise as `backward` does.
 * @example const [dx, dw] = autograd.grad(loss, [x, w])
 */
export function grad<const I extends Tensor | readonly Tensor[]>(
  outputs: Tensor | readonly Tensor[],
  inputs: I,
  options?: GradOptions & { readonly allowUnused?: false },
): GradientsOf<I>;
/** Returns the gradients, with null for inputs that do not influence the outputs if `allowUnused`. */
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
  for (const t of [...roots, ...wanted]) expectTensor('grad', t, 'a tensor or a list of tensors');
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
  // must be found before the pass, which may release the graph
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

/** Returns the total gradient that reaches each of `inputs`. */
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
    // a released node no longer has its inputs, so treat it as leading to a wanted input: the pass then throws there
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
  if (tensors instanceof Tensor) return [tensors];
  expectList('grad', 'a tensor or a list of tensors', tensors);
  return tensors;
}

/**
 * Returns the gradients of the sum of `outputs`, weighted by `dys`, with respect to the tensors of a boundary; null for
 * a tensor on which no output depends. The pass does not continue beyond the boundary, so its tensors count as
 * independent of each other.
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

/** Adds to the stored gradient of a tensor, in place if there is one. The gradient lives as long as the tensor. */
function leaveGradient(t: Tensor, gradient: Tensor, createGraph: boolean): void {
  const before = gradOf(t);
  if (before && !createGraph) {
    addInto(before, gradient);
    return;
  }
  const after = before ? add(before, gradient) : gradient;
  // optimizers and clipping change gradients in place, so the gradient must not share its memory
  const own = !createGraph && after.storage.shared ? clone(after) : after;
  setGrad(t, handOver(own, t));
}
