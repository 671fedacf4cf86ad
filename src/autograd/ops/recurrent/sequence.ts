import { expected, ShapeError, shapeText } from '../../../errors.js';
import { formula } from '../../../formula/formula.js';
import type { Operand } from '../../../tensor/backend.js';
import { empty, map, part } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { expectFloat, expectShape } from '../expect.js';
import { filled } from '../fill.js';
import { reshape } from '../shape/reshape.js';

/** The parameters of one recurrent layer; the rows of the weights are consecutive blocks of H, one per gate. */
export interface RecurrentWeights {
  /** (gates * H, C) */
  readonly weightIh: Tensor;
  /** (gates * H, H) */
  readonly weightHh: Tensor;
  /** (gates * H). Default: none. */
  readonly biasIh?: Tensor | null;
  /** (gates * H); given if biasIh is. */
  readonly biasHh?: Tensor | null;
}

/** Sizes of a layer that runs over a sequence: T, B and H. */
export interface SequenceSizes {
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
}

/**
 * Checks x (T, B, C), states (B, H) and the weights of the given number of gates, and returns their sizes.
 * @throws ShapeError or DtypeError, with `op` in the message, for tensors that do not fit.
 */
export function checkSequence(
  op: string,
  gates: number,
  x: Tensor,
  states: Readonly<Record<string, Tensor>>,
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
): SequenceSizes {
  const misfit = (wanted: string, t: Tensor) => new ShapeError(expected(op, wanted, shapeText(t.shape)));
  if (x.ndim !== 3 || x.shape[0] === 0) throw misfit('input (T, B, C) of at least one step', x);
  const [steps, batch, inputs] = x.shape;
  const hidden = weightHh.shape[1];
  const rows = gates * hidden;
  if (weightHh.ndim !== 2 || weightHh.shape[0] !== rows) throw misfit(`weightHh (${gates} H, H)`, weightHh);
  const wanted: Record<string, readonly [Tensor | null | undefined, number[]]> = {
    weightIh: [weightIh, [rows, inputs]],
    biasIh: [biasIh, [rows]],
    biasHh: [biasHh, [rows]],
  };
  for (const [name, state] of Object.entries(states)) wanted[name] = [state, [batch, hidden]];
  for (const [name, [t, shape]] of Object.entries(wanted)) if (t) expectShape(op, name, t, shape);
  if (!biasIh !== !biasHh) throw new ShapeError(expected(op, 'both biases or none', 'one'));
  for (const t of [x, weightHh, ...Object.values(wanted).map(([t]) => t)]) if (t) expectFloat(op, t);
  return { steps, batch, hidden };
}

/** Step t of x (T, B, N) as an operand (B, N). */
export function stepOf(x: Tensor, t: number): Operand {
  const [, batch, width] = x.shape;
  return part(x, t * batch * width, [batch, width]);
}

/** The blocks (B, H) of step t of x (T, B, names * H), by name. */
export function blocksOf(x: Tensor, t: number, names: readonly string[]): Record<string, Operand> {
  if (names.length === 1) return { [names[0]]: stepOf(x, t) };
  const [, batch, width] = x.shape;
  const hidden = width / names.length;
  const block = (k: number) => part(x, t * batch * width + k * hidden, [batch, hidden], [width, 1]);
  return Object.fromEntries(names.map((name, k) => [name, block(k)]));
}

/** The blocks (H) of a bias (names * H), by name. */
export function biasesOf(bias: Tensor, names: readonly string[]): Record<string, Operand> {
  const hidden = bias.size / names.length;
  return Object.fromEntries(names.map((name, k) => [name, part(bias, k * hidden, [hidden])]));
}

/** x (T, B, C) times w^T, for w (N, C): (T, B, N). Not recorded. */
export function projected(op: string, x: Tensor, w: Tensor): Tensor {
  const [steps, batch, inputs] = x.shape;
  const [width] = w.shape;
  const { backend } = x.storage;
  const y = empty(op, [steps, batch, width], 'float32', backend);
  const rows = steps * batch;
  backend.matmul(part(x, 0, [rows, inputs]), w, part(y, 0, [rows, width]), { transposeB: true });
  return y;
}

/** The states before each step (T, B, H), from the first state (B, H) and the states after each step. Not recorded. */
export function statesBefore(op: string, first: Tensor, after: Tensor): Tensor {
  const before = empty(op, after.shape, 'float32', after.storage.backend);
  move(first, 0, before, 0, first.size);
  move(after, 0, before, first.size, after.size - first.size);
  return before;
}

/** The last step (B, H) of x (T, B, H), copied. Not recorded. */
export function lastStep(op: string, x: Tensor): Tensor {
  const y = empty(op, x.shape.slice(1), 'float32', x.storage.backend);
  move(x, x.size - y.size, y, 0, y.size);
  return y;
}

function move(from: Tensor, fromOffset: number, to: Tensor, toOffset: number, count: number): void {
  const walk = { shape: [count], fromOffset, fromStrides: [1], toOffset, toStrides: [1] };
  from.storage.backend.copy(from, to, walk);
}

const copy = formula('y = x', { tensors: ['x', 'y'] });

/** The gradient that arrived, or zeros with the shape of `like` if none did. Not recorded. */
export function orZeros(op: string, arrived: Tensor | null, like: Tensor): Tensor {
  return arrived ?? filled(op, like.shape, 0, 'float32', like.storage.backend);
}

/** A copy of the gradient that arrived, or zeros, to be updated in place during the pass backward through time. */
export function startOf(op: string, arrived: Tensor | null, like: Tensor): Tensor {
  return arrived ? map(op, copy, { x: arrived }) : orZeros(op, null, like);
}

/** x (T, B, N) as (T * B, N). */
export function rowsOf(x: Tensor): Tensor {
  const [steps, batch, width] = x.shape;
  return reshape(x, [steps * batch, width]);
}
