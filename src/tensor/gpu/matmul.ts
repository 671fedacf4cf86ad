import type { MatmulOptions } from '../backend.js';
import { broadcastStrides, stridesOf } from '../shape.js';
import type { GpuOperand } from './cell.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource, sumOf, widthOf } from './source.js';

/** Steps of a sum in one turn of its loop. */
const unrolled = 4;

/**
 * out (..., M, N) = a (..., M, K) b (..., K, N). Where N divides by 4, a thread has four elements of a row in registers,
 * so that each element of a is loaded once for the four; otherwise it has one.
 */
export function matmulJob(a: GpuOperand, b: GpuOperand, out: GpuOperand, options: MatmulOptions = {}): Job {
  const { transposeA = false, transposeB = false } = options;
  const k = new KernelSource(widthOf(out));
  const indices = k.indices(out.shape, beginOutput(k, out));
  const batch = out.shape.slice(0, -2);
  const [row, column] = indices.slice(-2);
  const count = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const [columnsA, columnsB] = [a, b].map((x) => x.shape[x.shape.length - 1]);
  const [startA, startB] = [a, b].map((x) => {
    const own = stridesOf(x.shape).slice(0, -2);
    return sumOf(broadcastStrides(x.shape.slice(0, -2), batch, own), indices.slice(0, -2));
  });
  k.line(`const a0 = ${startA} + ${transposeA ? row : `${row} * ${columnsA}`};`);
  k.line(`const b0 = ${startB} + ${transposeB ? `${column} * ${columnsB}` : column};`);
  const sums = k.sums();
  const step = (j: string) => {
    const left = k.name('a');
    k.line(`const ${left} = ${k.element(a, transposeA ? `a0 + ${j} * ${columnsA}` : `a0 + ${j}`)};`);
    sums.forEach((sum, i) => {
      const right = k.element(b, transposeB ? `b0 + ${i * columnsB} + ${j}` : `b0 + ${j} * ${columnsB} + ${i}`);
      k.line(`${sum} = ${sum} + ${left} * ${right};`);
    });
  };
  const turns = Math.floor(count / unrolled);
  k.line(`for (let turn = 0; turn < ${turns}; turn++) {`);
  for (let i = 0; i < unrolled; i++) step(`(turn * ${unrolled} + ${i})`);
  k.line('}');
  for (let j = turns * unrolled; j < count; j++) step(`${j}`);
  k.give(sums);
  return { out, source: k };
}
