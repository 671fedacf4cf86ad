import type { MatmulOptions } from '../../../tensor/backend.js';
import { broadcastStrides, stridesOf } from '../../../tensor/shape.js';
import type { GpuOperand } from '../allocation.js';
import { linearIndex, unravelIndex } from '../source/indices.js';
import { KernelSource } from '../source/kernel-source.js';
import { beginOutput, vectorWidth } from '../source/output.js';
import type { Job } from './job.js';

/** The number of terms of a sum in one iteration of its loop. */
const unrolled = 4;

/**
 * Computes out (..., M, N) = a (..., M, K) b (..., K, N). If N is divisible by 4, a thread accumulates four adjacent
 * elements of a row, so that each element of a is loaded once for all four; otherwise it accumulates one. Rows that are
 * divisible by 4 are loaded as vectors where the device binds them as vectors.
 */
export function matmulJob(a: GpuOperand, b: GpuOperand, out: GpuOperand, options: MatmulOptions = {}): Job {
  const { transposeA = false, transposeB = false } = options;
  const k = new KernelSource(vectorWidth(out));
  const indices = unravelIndex(k, out.shape, beginOutput(k, out));
  const batch = out.shape.slice(0, -2);
  const [row, column] = indices.slice(-2);
  const count = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const [columnsA, columnsB] = [a, b].map((x) => x.shape[x.shape.length - 1]);
  const [startA, startB] = [a, b].map((x) => {
    const own = stridesOf(x.shape).slice(0, -2);
    return linearIndex(broadcastStrides(x.shape.slice(0, -2), batch, own), indices.slice(0, -2));
  });
  k.const('a0', `${startA} + ${transposeA ? row : `${row} * ${columnsA}`}`);
  k.const('b0', `${startB} + ${transposeB ? `${column} * ${columnsB}` : column}`);
  const sums = k.accumulators();
  const even = count % unrolled === 0;
  const at = (i: number) => (i === 0 ? 'j' : `(j + ${i})`);
  const addProducts = (terms: number) => {
    const all = Array.from({ length: terms }, (_, i) => i);
    const left = transposeA
      ? all.flatMap((i) => k.load(a, `a0 + ${at(i)} * ${columnsA}`, 1, false))
      : k.load(a, 'a0 + j', terms, even);
    const right = transposeB
      ? sums.map((_, s) => k.load(b, `b0 + ${s * columnsB} + j`, terms, even))
      : all.map((i) => k.load(b, `b0 + ${at(i)} * ${columnsB}`, sums.length, sums.length === 4));
    for (const i of all) {
      sums.forEach((sum, s) => {
        k.add(sum, `${left[i]} * ${transposeB ? right[s][i] : right[i][s]}`);
      });
    }
  };
  const turns = Math.floor(count / unrolled);
  k.loop('turn', turns, (turn) => {
    k.const('j', `${turn} * ${unrolled}`);
    addProducts(unrolled);
  });
  if (!even) {
    k.const('j', `${turns * unrolled}`);
    addProducts(count % unrolled);
  }
  k.return(sums);
  return { out, source: k };
}
