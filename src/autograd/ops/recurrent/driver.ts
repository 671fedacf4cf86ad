import { type Formula, formula } from '../../../formula/formula.js';
import { bindScalars } from '../../../formula/gradient.js';
import type { Operands } from '../../../tensor/backend.js';
import { commonBackend, empty } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { recordAll, requiresGrad } from '../../graph.js';
import { add } from '../math/arithmetic.js';
import { product } from '../math/matmul.js';
import { sumOver } from '../math/reduction.js';
import { reshape } from '../shape/reshape.js';
import { recomputed } from './recomputed.js';
import {
  biasesOf,
  blocksOf,
  checkSequence,
  lastStep,
  orZeros,
  projected,
  type RecurrentWeights,
  rowsOf,
  startOf,
  statesBefore,
  stepOf,
} from './sequence.js';

/**
 * One kind of recurrent layer: the formulas of a step, and the names that they use for blocks (B, H) of its tensors.
 *
 * `forward` replaces the blocks of W_ih x by the values of the gates and writes the new states. `backward` computes the
 * gradients of the blocks of W_ih x (and W_hh h) from `dy` and `u`, the gradients of h from y and from the next step.
 */
export interface Cell {
  readonly op: string;
  /**
   * Blocks of W_ih x, which a step overwrites with the gates; a single block `h` if a step overwrites it with the
   * hidden state.
   */
  readonly gates: readonly string[];
  /** Blocks of W_hh h, for the hidden state h of the previous step. */
  readonly products: readonly string[];
  /** Blocks of b_ih + b_hh, or separately of b_ih and b_hh if a step does not simply add them. */
  readonly biases: readonly [sum: readonly string[]] | readonly [ih: readonly string[], hh: readonly string[]];
  /** The states that a step passes to the next one: h, or h and a second state. */
  readonly states: readonly ['h'] | readonly ['h', string];
  /** What backward also needs from each step: the second state, or an intermediate value. */
  readonly kept?: string;
  /** The state that a step also reads directly, without W_hh, as `before`; `past` is the gradient along this path. */
  readonly direct?: string;
  readonly forward: Formula;
  readonly backward: Formula;
  /** Names that `backward` uses for the gradients of the blocks of W_ih x, and of those of W_hh h if they differ. */
  readonly gradients: readonly [ih: readonly string[], hh?: readonly string[]];
  /** Computes y and the last states from the inputs of the layer in recorded operations, step by step. */
  unrolled(inputs: readonly Tensor[]): readonly Tensor[];
}

const total = formula('u = u + past', { tensors: ['u', 'past'] });

/**
 * Runs a cell over a sequence: computes y (T, B, H), which contains every h, and the states after the last step from x
 * (T, B, C) and states (B, H). One matrix product computes W_ih x for all steps; each step then takes one product and
 * one formula, forward and backward.
 * @throws ShapeError or DtypeError for tensors that do not fit.
 */
export function runCell(cell: Cell, x: Tensor, states: readonly Tensor[], weights: RecurrentWeights): Tensor[] {
  const { op } = cell;
  const given = Object.fromEntries(cell.states.map((name, i) => [name, states[i]]));
  const { steps, batch, hidden } = checkSequence(op, cell.gates.length, x, given, weights);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const [h0] = states;
  const biases = !biasIh || !biasHh ? [] : cell.biases.length === 2 ? [biasIh, biasHh] : [add(biasIh, biasHh)];
  const inputs = [x, ...states, weightIh, weightHh, ...biases];
  const backend = commonBackend(op, inputs);
  const gates = projected(op, x, weightIh);
  const y = cell.gates[0] === 'h' ? gates : empty(op, [steps, batch, hidden], 'float32', backend);
  const kept = cell.kept ? empty(op, y.shape, 'float32', backend) : null;
  const run: Run = { cell, gates, y, kept, states, weightHh };
  goForward(run, biases);
  const ends = [y, kept].slice(0, states.length).map((t) => lastStep(op, t as Tensor));
  const outputs = [y, ...ends];
  recordAll(op, inputs, outputs, {
    backward: (dy, ...dstates) => {
      const { dx, du, dh, past } = throughTime(run, orZeros(op, dy, y), dstates);
      return [
        () => reshape(product(rowsOf(dx), weightIh), x.shape),
        () => {
          backend.matmul(stepOf(du, 0), weightHh, dh);
          if (past && cell.direct === 'h') backend.map(total, { u: dh, past }, {});
          return dh;
        },
        ...states.slice(1).map(() => () => past),
        () => product(rowsOf(dx), rowsOf(x), { transposeA: true }),
        () => product(rowsOf(du), rowsOf(statesBefore(op, h0, y)), { transposeA: true }),
        () => sumOver(dx, [0, 1], false),
        () => sumOver(du, [0, 1], false),
      ];
    },
    composite: recomputed(inputs, cell.unrolled),
  });
  if (!requiresGrad(y)) {
    kept?.dispose();
    if (gates !== y) gates.dispose();
  }
  return outputs;
}

/** The tensors of one run: gates (T, B, gates * H), y and kept (T, B, H), states before the first step (B, H). */
interface Run {
  readonly cell: Cell;
  readonly gates: Tensor;
  readonly y: Tensor;
  readonly kept: Tensor | null;
  readonly states: readonly Tensor[];
  readonly weightHh: Tensor;
}

function goForward(run: Run, biases: readonly Tensor[]): void {
  const { cell, gates, y, kept, states, weightHh } = run;
  const { backend } = gates.storage;
  const u = empty(cell.op, [1, ...gates.shape.slice(1)], 'float32', backend);
  const names = cell.biases.flat();
  const f = biases.length > 0 ? cell.forward : bindScalars(cell.forward, names);
  const scalars = Object.fromEntries(names.map((name) => [name, 0]));
  const fixed: Operands = Object.assign(
    blocksOf(u, 0, cell.products),
    ...biases.map((bias, i) => biasesOf(bias, cell.biases[i] ?? [])),
  );
  for (let t = 0; t < gates.shape[0]; t++) {
    backend.matmul(t > 0 ? stepOf(y, t - 1) : states[0], weightHh, stepOf(u, 0), { transposeB: true });
    const step: Operands = { ...blocksOf(gates, t, cell.gates), ...fixed, ...directOf(run, t) };
    const written = { h: stepOf(y, t), ...(kept && cell.kept && { [cell.kept]: stepOf(kept, t) }) };
    backend.map(f, { ...step, ...written }, scalars);
  }
  u.dispose();
}

/**
 * Returns the gradients dx of W_ih x and du of W_hh h (T, B, gates * H), which are the same tensor if they do not
 * differ; dh, which the first step received from the second through W_hh; and past, the gradient of the state before
 * the first step along the direct path.
 */
function throughTime(
  run: Run,
  dy: Tensor,
  dstates: readonly (Tensor | null)[],
): { dx: Tensor; du: Tensor; dh: Tensor; past: Tensor | null } {
  const { cell, gates, kept, states, weightHh } = run;
  const { op } = cell;
  const { backend } = gates.storage;
  const [ih, hh] = cell.gradients;
  const dh = startOf(op, dstates[0], states[0]);
  const past = cell.direct ? startOf(op, cell.direct === 'h' ? null : dstates[1], states[0]) : null;
  const dx = empty(op, gates.shape, 'float32', backend);
  const du = hh ? empty(op, gates.shape, 'float32', backend) : dx;
  for (let t = gates.shape[0] - 1; t >= 0; t--) {
    const values = { ...blocksOf(gates, t, cell.gates), ...directOf(run, t) };
    const more = { ...(kept && cell.kept && { [cell.kept]: stepOf(kept, t) }), ...(past && { past }) };
    const gradients = { ...blocksOf(dx, t, ih), ...(hh && blocksOf(du, t, hh)), dy: stepOf(dy, t), u: dh };
    backend.map(cell.backward, { ...values, ...more, ...gradients }, {});
    if (t > 0) backend.matmul(stepOf(du, t), weightHh, dh);
  }
  return { dx, du, dh, past };
}

/** The state that step t reads directly, in addition to W_hh h. */
function directOf({ cell, y, kept, states }: Run, t: number): Operands {
  if (!cell.direct) return {};
  const [sequence, start] = cell.direct === 'h' ? [y, states[0]] : [kept as Tensor, states[1]];
  return { before: t > 0 ? stepOf(sequence, t - 1) : start };
}
