import type { Formula } from '../../../formula/formula.js';
import { decide, uniformValues } from '../../../formula/uniform.js';
import type { Operands, Scalars } from '../../../tensor/backend.js';
import { sameShape } from '../../../tensor/shape.js';
import type { GpuHandle, GpuOperand } from '../cell.js';
import { printResult, stored } from './formula.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource } from './source.js';

/**
 * One kernel for each output; all read their inputs before any output changes. A thread computes four elements side by
 * side where `vectors` pay and rows allow it.
 */
export function mapJobs(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars, vectors: boolean): Job[] {
  const decided = f.tests.length > 0 ? decide(f, uniformValues(f, scalars)) : f;
  const uniform = uniformValues(decided, scalars);
  const inputs = decided.inputs.map((name) => operandOf(operands, name));
  return decided.results.map(({ name, node }) => {
    const out = operandOf(operands, name);
    const k = new KernelSource(vectors && dividesByFour(out, inputs) ? 4 : 1);
    const i = beginOutput(k, out);
    let indices: string[] | null = null;
    const load = (input: string) => {
      const x = operandOf(operands, input);
      if (isFlat(x, out)) return k.row(x, i, k.width, k.width === 4);
      if (x.size === 1 && !x.strides) return Array(k.width).fill(k.element(x, '0'));
      indices ??= k.indices(out.shape, i);
      return k.elements(x, out.shape, indices, k.width);
    };
    k.give(printResult(k, decided, node, uniform, load, k.width).map((value) => stored(k, out.dtype, value)));
    return { out, source: k };
  });
}

/** Whether an operand has the elements of `out` in the same places. */
function isFlat(x: GpuOperand, out: GpuOperand): boolean {
  return sameShape(x.shape, out.shape) && !x.strides;
}

/** Whether four elements side by side are in one row of the output and of all inputs. */
function dividesByFour(out: GpuOperand, inputs: readonly GpuOperand[]): boolean {
  if (out.strides || out.size % 4 !== 0) return false;
  return (out.shape.at(-1) ?? 1) % 4 === 0 || inputs.every((x) => isFlat(x, out) || (x.size === 1 && !x.strides));
}

/** A plain copy: spreading an operand would lose the getters of a tensor. */
export function operandOf(operands: Operands<GpuHandle>, name: string): GpuOperand {
  const { shape, dtype, size, handle, strides } = operands[name];
  return { shape, dtype, size, handle, strides };
}
