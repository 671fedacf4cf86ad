import { AntinodeError, describe, expected, ShapeError, shapeText } from '../errors.js';
import { formula } from '../formula/formula.js';
import { guard, tick } from '../tensor/memory/changes.js';
import { scope } from '../tensor/memory/scope.js';
import { flag, optional } from '../tensor/option-kinds.js';
import type { OptionTable } from '../tensor/options.js';
import { alias, mapInto } from '../tensor/run.js';
import type { Tensor } from '../tensor/tensor.js';
import { type GraphNode, gradientState, requiresGrad } from './graph.js';
import { withGrad } from './mode.js';
import { expectFloat, expectShape } from './ops/expect.js';
import { onesLike } from './ops/fill.js';
import { add } from './ops/math/arithmetic.js';
import { sumTo } from './ops/math/reduction.js';

/** Options of `backward`. */
export interface BackwardOptions {
  /**
   * Record the gradients themselves, for higher derivatives.
   * @default false
   */
  readonly createGraph?: boolean;
  /** Keep the graph for another backward. Default: createGraph. */
  readonly retainGraph?: boolean;
}

/** The table of `BackwardOptions`. */
export const backwardOptions: OptionTable<BackwardOptions> = {
  createGraph: flag(false),
  retainGraph: optional(flag()),
};

const accumulate = formula('sum = sum + x', { tensors: ['sum', 'x'] });

/** sum += x in place; frees x. */
export function addInto(sum: Tensor, x: Tensor): void {
  mapInto('backward', accumulate, { sum, x });
  x.dispose();
}

/** Decides where gradients go during a pass. */
export interface Flow {
  /** True if gradients arrive at this tensor and do not continue to the tensors that it was made from. */
  stopsAt(t: Tensor): boolean;
  /** True if the gradient of this tensor is needed. */
  flowsTo(t: Tensor): boolean;
  /** Returns the outputs of a node whose whole gradient is needed. */
  watched(node: GraphNode): readonly Tensor[];
  /** Receives a part of the gradient of a leaf, or the whole gradient of a watched output. */
  arrive(t: Tensor, gradient: Tensor): void;
}

/** One pass through the graph. */
export interface Pass {
  /** Latest first. */
  readonly nodes: readonly GraphNode[];
  readonly flow: Flow;
  /** Tensors that are not freed at the end of the pass. */
  readonly survivors?: unknown;
}

/**
 * Carries gradients from `roots`, whose gradients are `dys` (by default 1 for a single element), through the nodes of a
 * pass.
 * @throws ShapeError or DtypeError for gradients that do not fit their roots, AntinodeError for a root that requires no
 * gradient or a graph that has been released.
 */
export function carry(
  roots: readonly Tensor[],
  dys: readonly (Tensor | undefined)[],
  { nodes, flow, survivors }: Pass,
  { createGraph = false, retainGraph = createGraph }: BackwardOptions,
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
        if (gradient) flow.arrive(t, createGraph ? gradient : alias('gradient', gradient, gradient.shape));
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
  // from here on new memory is newer than every operation of the graph, so that gradients may be added up in place
  tick();
  // without a graph of gradients, all tensors except the survivors are freed at the end of the pass
  withGrad(createGraph, () => (createGraph ? pass() : scope(pass)));
}

/**
 * Returns the gradients that one node passes to its inputs. Each has the shape of its input and can be disposed
 * separately.
 */
function inputGradients(
  node: GraphNode,
  dys: readonly (Tensor | null)[],
  createGraph: boolean,
  flow: Flow,
): (readonly [Tensor, Tensor])[] {
  const { rules } = node;
  if (!rules) {
    throw new AntinodeError(
      `backward: expected the graph of ${node.op}, got one released by an earlier backward; use retainGraph`,
    );
  }
  const compute = () => {
    const gradients = ((createGraph && rules.composite) || rules.backward)(...dys);
    return node.inputs.flatMap((input, i) => {
      const gradient = flow.flowsTo(input) ? gradients[i]?.() : null;
      if (!gradient) return [];
      const fitting = sumTo(gradient, input.shape);
      // one tensor may serve as several gradients: an alias lets each be disposed separately
      const own = !createGraph && (dys.includes(fitting) || fitting === input || gradient.released);
      return [[input, own ? alias('gradient', fitting, fitting.shape) : fitting] as const];
    });
  };
  return guard(node.op, node.time, () => (createGraph ? compute() : scope(compute)));
}

function addUp(sum: Tensor, gradient: Tensor, createGraph: boolean): Tensor {
  if (createGraph) return add(sum, gradient);
  if (sum.storage.shared) {
    const fresh = add(sum, gradient);
    sum.dispose();
    gradient.dispose();
    return fresh;
  }
  addInto(sum, gradient);
  return sum;
}

function seed(root: Tensor, dy: Tensor | undefined, createGraph: boolean): Tensor {
  if (!requiresGrad(root))
    throw new AntinodeError(expected('backward', 'a tensor that requires a gradient', describe(root)));
  if (dy === undefined) {
    if (root.size !== 1) {
      throw new ShapeError(expected('backward', 'a gradient for a result of several elements', shapeText(root.shape)));
    }
    return onesLike(root);
  }
  expectShape('backward', 'a gradient', dy, root.shape);
  expectFloat('backward', dy);
  // the pass disposes of the gradients that it receives, unless they are to be differentiated
  return createGraph ? dy : alias('gradient', dy, dy.shape);
}
