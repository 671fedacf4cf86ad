import type { Operands, Scalars } from '../backend.js';
import { decide, type Formula, uniformValues } from '../formula.js';
import { sameShape } from '../shape.js';
import type { GpuHandle, GpuOperand } from './cell.js';
import { printResult, stored } from './formula.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource } from './source.js';

/** One kernel for each output; all read their inputs before any output changes. */
export function mapJobs(f: Formula, operands: Operands<GpuHandle>, scalars: Scalars): Job[] {
  const decided = f.tests.length > 0 ? decide(f, uniformValues(f, scalars)) : f;
  const uniform = uniformValues(decided, scalars);
  return decided.results.map(({ name, node }) => {
    const out = operandOf(operands, name);
    const k = new KernelSource();
    const i = beginOutput(k, out);
    let indices: string[] | null = null;
    const load = (input: string) => {
      const x = operandOf(operands, input);
      if (sameShape(x.shape, out.shape) && !x.strides) return k.element(x, i);
      if (x.size === 1 && !x.strides) return k.element(x, '0');
      indices ??= k.indices(out.shape, i);
      return k.element(x, k.position(x, out.shape, indices));
    };
    k.line(`return ${stored(k, out.dtype, printResult(k, decided, node, uniform, load))};`);
    return { out, source: k };
  });
}

/** A plain copy: spreading an operand would lose the getters of a tensor. */
export function operandOf(operands: Operands<GpuHandle>, name: string): GpuOperand {
  const { shape, dtype, size, handle, strides } = operands[name];
  return { shape, dtype, size, handle, strides };
}
