import { AntinodeError } from '../errors.js';
import { handOver } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { addInto, type BackwardOptions, carry } from './carry.js';
import { type GraphNode, gradientState, gradOf, nodesBehind, requiresGrad, setGrad } from './graph.js';
import { clone } from './ops/fill.js';
import { add } from './ops/math/arithmetic.js';

/**
 * Adds to `.grad` of every leaf that `root` was computed from. `dy` is the gradient of `root`, by default 1 for a root
 * with one element. Throws ShapeError if dy is needed or misshapen, AntinodeError if nothing requires a gradient or
 * the graph was released by an earlier backward.
 */
export function backward(root: Tensor, dy?: Tensor, options: BackwardOptions = {}): void {
  const nodes = nodesBehind([root]);
  carry([root], [dy], nodes, options, {
    stopsAt: never,
    flowsTo: requiresGrad,
    watched: (node) => node.retained,
    arrive: (t, gradient) => leaveGradient(t, gradient, options.createGraph ?? false),
  });
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching `.grad`; null where no output depends
 * on an input. With `createGraph` they can be differentiated again. Throws as `backward` does.
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  { gradOutputs, ...options }: BackwardOptions & { readonly gradOutputs?: readonly Tensor[] } = {},
): (Tensor | null)[] {
  const roots = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
  if (!inputs.every(requiresGrad)) throw new AntinodeError('grad: expected inputs that require a gradient');
  const wanted = new Set(inputs);
  const nodes = nodesBehind(roots);
  const leading = new Set<GraphNode>();
  const flowsTo = (t: Tensor) => wanted.has(t) || leading.has(gradientState(t)?.node as GraphNode);
  for (const node of [...nodes].reverse()) {
    // nobody knows where a released graph led, so the way into it is taken and fails
    if (!node.rules || node.inputs.some(flowsTo)) leading.add(node);
  }
  const found = new Map<Tensor, Tensor>();
  carry(
    roots,
    gradOutputs ?? [],
    nodes,
    options,
    {
      stopsAt: never,
      flowsTo,
      watched: (node) => inputs.filter((input) => gradientState(input)?.node === node),
      arrive: (t, gradient) => {
        if (wanted.has(t)) collect(found, t, gradient);
      },
    },
    found,
  );
  return inputs.map((input) => found.get(input) ?? null);
}

/**
 * Gradients of the sum of `outputs`, weighted by `dys`, with respect to a boundary of tensors that hides what lies
 * behind it: its tensors count as independent of each other; null where no output depends on one.
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
  carry(outputs, dys, nodesBehind(outputs, stopsAt), options, flow, found);
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
