import type { MatmulOptions } from '../../../tensor/backend.js';
import { broadcastStrides, stridesOf } from '../../../tensor/shape.js';
import type { GpuOperand } from '../cell.js';
import type { Job } from './job.js';
import { beginOutput, KernelSource, sumOf, widthOf } from './source.js';

/** Steps of a sum in one turn of its loop. */
const unrolled = 4;

/**
 * out (..., M, N) = a (..., M, K) b (..., K, N). Where N divides by 4, a thread has four elements of a row in registers,
 * so that each element of a is loaded once for the four; otherwise it has one. Rows that divide by 4 are loaded as
 * vectors of four where the device keeps such.
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
  const even = count % unrolled === 0;
  const at = (i: number) => (i === 0 ? 'j' : `(j + ${i})`);
  const add = (steps: number) => {
    const all = Array.from({ length: steps }, (_, i) => i);
    const left = transposeA
      ? all.flatMap((i) => k.row(a, `a0 + ${at(i)} * ${columnsA}`, 1, false))
      : k.row(a, 'a0 + j', steps, even);
    const right = transposeB
      ? sums.map((_, s) => k.row(b, `b0 + ${s * columnsB} + j`, steps, even))
      : all.map((i) => k.row(b, `b0 + ${at(i)} * ${columnsB}`, sums.length, sums.length === 4));
    for (const i of all) {
      sums.forEach((sum, s) => {
        k.line(`${sum} = ${sum} + ${left[i]} * ${transposeB ? right[s][i] : right[i][s]};`);
      });
    }
  };
  const turns = Math.floor(count / unrolled);
  k.line(`for (let turn = 0; turn < ${turns}; turn++) {`);
  k.line(`const j = turn * ${unrolled};`);
  add(unrolled);
  k.line('}');
  if (!even) {
    k.line(`const j = ${turns * unrolled};`);
    add(count % unrolled);
  }
  k.give(sums);
  return { out, source: k };
}
