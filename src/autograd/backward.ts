import { AntinodeError, expected, ShapeError, shapeText } from '../tensor/errors.js';
import { formula } from '../tensor/formula.js';
import { alias, mapInto } from '../tensor/run.js';
import { handOver, scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type GraphNode, gradientState, gradOf, nodesBehind, requiresGrad, setGrad } from './graph.js';
import { withGrad } from './mode.js';
import { add } from './ops/arithmetic.js';
import { clone, onesLike } from './ops/create.js';
import { sumTo } from './ops/reduction.js';

/** Options of `backward`. */
export interface BackwardOptions {
  /** Record the gradients themselves, for higher derivatives. Default false. */
  readonly createGraph?: boolean;
  /** Keep the graph for another backward. Default: createGraph. */
  readonly retainGraph?: boolean;
}

const accumulate = formula('sum = sum + x', { tensors: ['sum', 'x'] });

/**
 * Adds to `.grad` of every leaf that `root` was computed from. `dy` is the gradient of `root`, by default 1 for a root
 * with one element. Throws ShapeError if dy is needed or misshapen, AntinodeError if nothing requires a gradient or
 * the graph was released by an earlier backward.
 */
export function backward(root: Tensor, dy?: Tensor, options: BackwardOptions = {}): void {
  const nodes = nodesBehind([root]);
  run([root], [dy], nodes, options, {
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
  for (const node of [...nodes].reverse()) if (node.inputs.some(flowsTo)) leading.add(node);
  const found = new Map<Tensor, Tensor>();
  run(
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
  run(outputs, dys, nodesBehind(outputs, stopsAt), options, flow, found);
  return boundary.map((t) => found.get(t) ?? null);
}

const never = () => false;

function collect(found: Map<Tensor, Tensor>, t: Tensor, gradient: Tensor): void {
  const sum = found.get(t);
  found.set(t, sum ? add(sum, gradient) : gradient);
}

interface Flow {
  /** True if gradients arrive at this tensor without going on to what it was made of. */
  stopsAt(t: Tensor): boolean;
  /** True if the gradient of this tensor is of use. */
  flowsTo(t: Tensor): boolean;
  /** Outputs of a node that want their whole gradient. */
  watched(node: GraphNode): readonly Tensor[];
  /** A share of the gradient of a leaf, or the whole gradient of a watched output. */
  arrive(t: Tensor, gradient: Tensor): void;
}

/** Carries gradients from `roots` through `nodes`, latest first; `survivors` are not freed with the pass. */
function run(
  roots: readonly Tensor[],
  dys: readonly (Tensor | undefined)[],
  nodes: readonly GraphNode[],
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
  flow: Flow,
  survivors?: unknown,
): void {
  const pending = new Map<GraphNode, (Tensor | null)[]>();
  const deliver = (t: Tensor, gradient: Tensor) => {
    const state = gradientState(t);
    if (!state?.node || flow.stopsAt(t)) {
      flow.arrive(t, gradient);
      return;
    }
    const gradients = pending.get(state.node) ?? new Array<Tensor | null>(state.node.outputCount).fill(null);
    pending.set(state.node, gradients);
    const sum = gradients[state.output];
    gradients[state.output] = sum ? addUp(sum, gradient, createGraph) : gradient;
  };
  const pass = () => {
    roots.forEach((root, i) => {
      deliver(root, seed(root, dys[i], createGraph));
    });
    for (const node of nodes) {
      const gradients = pending.get(node);
      if (!gradients) continue;
      for (const t of flow.watched(node)) {
        const gradient = gradients[gradientState(t)?.output ?? 0];
        if (gradient) flow.arrive(t, alias('gradient', gradient, gradient.shape));
      }
      for (const [input, gradient] of inputGradients(node, gradients, createGraph, flow)) deliver(input, gradient);
      if (!createGraph) for (const gradient of gradients) gradient?.dispose();
      pending.delete(node);
      if (!retainGraph) {
        node.inputs = [];
        node.rules = null;
      }
    }
    return survivors;
  };
  // without a graph of gradients, everything but what arrived dies with the pass
  withGrad(createGraph, () => (createGraph ? pass() : scope(pass)));
}

/** The gradients that one node hands to its inputs, each with the shape of its input and memory of its own hold. */
function inputGradients(
  node: GraphNode,
  dys: readonly (Tensor | null)[],
  createGraph: boolean,
  flow: Flow,
): (readonly [Tensor, Tensor])[] {
  const { rules } = node;
  if (!rules) {
    throw new AntinodeError(`backward: the graph of ${node.op} was released by an earlier backward; use retainGraph`);
  }
  const compute = () => {
    const gradients = ((createGraph && rules.composite) || rules.backward)(...dys);
    return node.inputs.flatMap((input, i) => {
      const gradient = flow.flowsTo(input) ? gradients[i]?.() : null;
      if (!gradient) return [];
      const fitting = sumTo(gradient, input.shape);
      // disposing one gradient must not free another that is the same tensor
      const own = !createGraph && (dys.includes(fitting) || fitting === input || gradient.released);
      return [[input, own ? alias('gradient', fitting, fitting.shape) : fitting] as const];
    });
  };
  return createGraph ? compute() : scope(compute);
}

function addUp(sum: Tensor, gradient: Tensor, createGraph: boolean): Tensor {
  if (createGraph) return add(sum, gradient);
  if (sum.storage.shared) {
    const fresh = add(sum, gradient);
    sum.dispose();
    gradient.dispose();
    return fresh;
  }
  mapInto('backward', accumulate, { sum, x: gradient });
  gradient.dispose();
  return sum;
}

/** Adds to the gradient of a leaf, which lives as long as the leaf does. */
function leaveGradient(t: Tensor, gradient: Tensor, createGraph: boolean): void {
  const before = gradOf(t);
  let after = before ? addUp(before, gradient, createGraph) : gradient;
  if (after === before) return;
  // optimizers and clipping write gradients in place
  if (!createGraph && after.storage.shared) after = clone(after);
  setGrad(t, handOver(after, t));
}

function seed(root: Tensor, dy: Tensor | undefined, createGraph: boolean): Tensor {
  if (!requiresGrad(root)) throw new AntinodeError(`backward: expected a tensor that requires a gradient, got ${root}`);
  if (dy === undefined) {
    if (root.size !== 1) {
      throw new ShapeError(expected('backward', 'a gradient for a result of several elements', shapeText(root.shape)));
    }
    return onesLike(root);
  }
  if (!sameShape(dy.shape, root.shape)) {
    throw new ShapeError(expected('backward', `a gradient ${shapeText(root.shape)}`, shapeText(dy.shape)));
  }
  // the pass disposes what it was handed, unless that is to be differentiated
  return createGraph ? dy : alias('gradient', dy, dy.shape);
}
