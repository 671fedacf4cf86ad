import type { Formula } from '../../../formula/formula.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import { uniformLeaves } from '../../../formula/uniform.js';
import type { Operand, Operands } from '../../../tensor/backend.js';

/** What is known of a formula, however its operands are laid out. */
export interface Form<C extends Call> {
  /** Inputs and outputs. */
  readonly names: readonly string[];
  /** Nodes whose values the kernel reads; see `uniformLeaves`. */
  readonly leaves: readonly number[];
  /** Numbers of the kernels for dense operands: of 128 and of 256 bits. */
  readonly kernels: (number | undefined)[];
  /** The calls planned last, the latest first. */
  readonly planned: Planned<C>[];
}

/** A call of a kernel. Its arguments are `head`, pointers to the operands, `tail`, and the uniform values. */
export interface Call {
  readonly kernel: number;
  readonly arithmetic: Arithmetic;
  readonly head: readonly number[];
  readonly tail: readonly number[];
  readonly tasks: number;
}

/** What a call was planned for, and the call; null if there is nothing to compute. */
interface Planned<C extends Call> {
  readonly call: C | null;
  readonly wide: boolean;
  readonly threads: number;
  readonly arithmetic: Arithmetic;
  readonly layouts: readonly Layout[];
}

type Layout = Pick<Operand, 'dtype' | 'shape' | 'strides'>;

/** Most calls of a formula that are remembered. */
const mostPlanned = 8;

/** The form of a formula. */
export function formOf<C extends Call>(f: Formula): Form<C> {
  const names = [...new Set([...f.inputs, ...f.outputs])];
  return { names, leaves: uniformLeaves(f), kernels: [], planned: [] };
}

/** The number of elements if all operands are dense float32 tensors of one shape, else -1. */
export function denseSize(names: readonly string[], operands: Operands<number>): number {
  const first = operands[names[0]];
  for (const name of names) {
    const each = operands[name];
    if (each?.dtype !== 'float32' || each.strides || !isSame(each.shape, first.shape)) return -1;
  }
  return first.size;
}

/** The call of a formula for operands of this layout: a remembered one, or else the result of `plan`; null as there. */
export function callFor<C extends Call>(
  { names, planned }: Form<C>,
  operands: Operands<number>,
  arithmetic: Arithmetic,
  { wide, threads }: Pick<Planned<C>, 'wide' | 'threads'>,
  plan: () => C | null,
): C | null {
  for (const each of planned) {
    if (each.wide !== wide || each.threads !== threads || each.arithmetic !== arithmetic) continue;
    if (each.layouts.every((layout, k) => isLaidOut(operands[names[k]], layout))) return each.call;
  }
  const layouts = names.map((name) => {
    const { dtype, shape, strides } = operands[name];
    return { dtype, shape: [...shape], strides: strides && [...strides] };
  });
  const call = plan();
  planned.unshift({ call, wide, threads, arithmetic, layouts });
  planned.splice(mostPlanned);
  return call;
}

function isLaidOut({ dtype, shape, strides }: Layout, layout: Layout): boolean {
  if (dtype !== layout.dtype || !isSame(shape, layout.shape)) return false;
  return strides && layout.strides ? isSame(strides, layout.strides) : strides === layout.strides;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
