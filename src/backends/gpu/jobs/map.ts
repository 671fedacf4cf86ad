import type { Formula } from '../../../formula/formula.js';
import { decide, uniformValues } from '../../../formula/uniform.js';
import type { Operands, Scalars } from '../../../tensor/backend.js';
import { sameShape } from '../../../tensor/shape.js';
import type { GpuHandle, GpuOperand } from '../allocation.js';
import { printResult, stored } from '../source/formula.js';
import { unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput } from '../source/output.js';
import type { Job } from './job.js';

/**
 * One kernel for each output of a formula; all of them read their inputs before any output changes. If `vectors` (the
 * device loads vectors of four) and the shapes allow it, a thread computes four adjacent elements.
 */
export function mapJobs(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars, vectors: boolean): Job[] {
  const decided = f.tests.length > 0 ? decide(f, uniformValues(f, scalars)) : f;
  const uniform = uniformValues(decided, scalars);
  const inputs = decided.inputs.map((name) => plainOperand(operands, name));
  return decided.results.map(({ name, node }) => {
    const out = plainOperand(operands, name);
    const k = new KernelSource(vectors && dividesByFour(out, inputs) ? 4 : 1);
    const i = beginOutput(k, out);
    let indices: string[] | null = null;
    const load = (input: string) => {
      const x = plainOperand(operands, input);
      if (isFlat(x, out)) return k.load(x, i, k.width, k.width === 4);
      if (x.size === 1 && !x.strides) return Array(k.width).fill(k.element(x, '0'));
      indices ??= unravelIndex(k, out.shape, i);
      return k.broadcast(x, out.shape, indices, k.width);
    };
    const values = printResult(k, decided, { result: node, uniform, count: k.width, load });
    k.return(values.map((value) => stored(k, out.dtype, value)));
    return { out, source: k };
  });
}

/** Whether each element of `out` has the same row-major index in `x`, which has no gaps. */
function isFlat(x: GpuOperand, out: GpuOperand): boolean {
  return sameShape(x.shape, out.shape) && !x.strides;
}

/** Whether four adjacent elements are always in one row of the output and of all inputs. */
function dividesByFour(out: GpuOperand, inputs: readonly GpuOperand[]): boolean {
  if (out.strides || out.size % 4 !== 0) return false;
  return (out.shape.at(-1) ?? 1) % 4 === 0 || inputs.every((x) => isFlat(x, out) || (x.size === 1 && !x.strides));
}

/** The operand with this name as a plain object: tensors have getters, which a spread would not copy. */
export function plainOperand(operands: Operands<GpuHandle>, name: string): GpuOperand {
  const { shape, dtype, size, handle, strides } = operands[name];
  return { shape, dtype, size, handle, strides };
}
