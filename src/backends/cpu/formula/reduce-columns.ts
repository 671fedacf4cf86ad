import { bytesOf } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { Code, kernelModule } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import { ColumnTotals } from './column-totals.js';
import { importsOf } from './math-functions.js';
import { axesWords, loadPointers, movePointers } from './pointers.js';
import { accumulate, identity, type ReduceVariant } from './reducers.js';
import { loadSplat, loadVector, storeVector } from './vector-memory.js';
import { VectorEmitter } from './vectors.js';

/**
 * Positions of argument words; pointers, kept axes, reduced axes and uniform values follow. The first word is unused.
 */
const at = {
  outputs: 1,
  taskOutputs: 2,
  chunks: 3,
  rows: 4,
  columns: 5,
  taskColumns: 6,
  pointers: 7,
} as const;

/** After this many rows, sums are added to totals and restart from zero, which bounds their error. */
const flushRows = 64;

/**
 * The kernel of a reduction whose innermost axis is kept. A task is a block of rows of outputs by a chunk of columns.
 * Each lane reduces one column; totals of sums and products are doubles.
 */
export function compileReduceColumns(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { arithmetic, keptAxes, reducedAxes, advances, names } = variant;
  const code = new Code(3);
  const emitter = new VectorEmitter(code, f, { ...variant, functions });
  const sizes = names.map((name) => bytesOf(operands[name].dtype));
  const kept = { count: keptAxes, at: at.pointers + names.length };
  const reduced = { count: reducedAxes, at: kept.at + axesWords(keptAxes, names.length) };
  const { quotient: block, remainder: part } = code.taskParts(at.chunks);
  const taskOutputs = code.argument(at.taskOutputs);
  const output = code.let(() => code.get(block).get(taskOutputs).op(ops.i32mul));
  const outputEnd = code.smaller(() => code.get(output).get(taskOutputs).op(ops.i32add), at.outputs);
  const taskColumns = code.argument(at.taskColumns);
  const begin = code.let(() => code.get(part).get(taskColumns).op(ops.i32mul));
  const end = code.smaller(() => code.get(begin).get(taskColumns).op(ops.i32add), at.columns);
  const rows = code.argument(at.rows);
  emitter.uniforms(0, 4 * (reduced.at + axesWords(reducedAxes, names.length)));

  const bases = names.map(() => code.local(types.i32));
  const pointers = names.map(() => code.local(types.i32));
  const most = f.nodes.length <= 24 && f.results.length <= 2 ? 4 : 1;
  const vectors = () => f.results.map(() => Array.from({ length: most }, () => code.local(types.v128)));
  const sums = vectors();
  const totals = f.results.map(({ reducer }) =>
    Array.from({ length: most }, () => new ColumnTotals(code, reducer, arithmetic)),
  );
  const [row, rowEnd, column] = [code.scratch(), code.scratch(), code.scratch()];

  const clearSums = (steps: number) =>
    f.results.forEach(({ reducer }, r) => {
      for (let step = 0; step < steps; step++) identity(code, reducer, arithmetic).set(sums[r][step]);
    });
  const add = (step: number, single: boolean) => {
    emitter.compute((name) => {
      const k = names.indexOf(name);
      code.get(pointers[k]);
      if (advances[k]) loadVector(code, operands[name].dtype, arithmetic, 4 * step * sizes[k], single);
      else loadSplat(code, operands[name].dtype, arithmetic);
    });
    f.results.forEach(({ reducer, node }, r) => {
      code.get(sums[r][step]);
      emitter.push(node);
      accumulate(code, reducer, arithmetic).set(sums[r][step]);
    });
  };
  /** Reduces columns, `steps` vectors of `lanes` at a time, while that many are left. */
  const sweep = (lanes: number, steps: number) =>
    code.whileFits(column, lanes * steps, end, () => {
      for (const each of totals) for (let step = 0; step < steps; step++) each[step].clear();
      code.int(0).set(row);
      code.while(
        () => code.get(row).get(rows).op(ops.i32ltU),
        () => {
          code.get(row).int(flushRows).op(ops.i32add).set(rowEnd);
          code.limit(rowEnd, rows);
          clearSums(steps);
          code.whileFits(row, 1, rowEnd, () => {
            names.forEach((_, k) => {
              code.get(bases[k]);
              if (advances[k]) code.get(column).int(sizes[k]).op(ops.i32mul, ops.i32add);
              code.set(pointers[k]);
            });
            movePointers(code, pointers, row, reduced);
            for (let step = 0; step < steps; step++) add(step, lanes === 1);
          });
          f.results.forEach((_, r) => {
            for (let step = 0; step < steps; step++) totals[r][step].add(sums[r][step]);
          });
        },
      );
      f.results.forEach(({ name }, r) => {
        const k = names.indexOf(name);
        for (let step = 0; step < steps; step++) {
          code.get(bases[k]).get(column).int(sizes[k]).op(ops.i32mul, ops.i32add);
          totals[r][step].push();
          storeVector(code, operands[name].dtype, arithmetic, 4 * step * sizes[k], lanes === 1);
        }
      });
    });

  code.whileFits(output, 1, outputEnd, () => {
    loadPointers(code, bases, at.pointers);
    movePointers(code, bases, output, kept);
    code.get(begin).set(column);
    if (most > 1) sweep(4, most);
    sweep(4, 1);
    sweep(1, 1);
  });
  return kernelModule(importsOf(f, functions), code);
}
