import { bytesOf } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { kernelModule } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import { addToTotals, clearTotals, pushTotals } from './column-totals.js';
import { importsOf } from './math-functions.js';
import { movePointers } from './pointers.js';
import { at, type ReduceVariant, reduceFrame } from './reduce-frame.js';
import type { Inexact } from './reducers.js';
import { storeVector } from './vector-memory.js';

/** Positions of further argument words; a part of an output is a chunk of columns. */
const columns = at.others;
const taskColumns = at.others + 1;
const groupSize = at.others + 2;
const threadBytes = at.others + 3;
const pointersAt = at.others + 4;

/** After this many rows, sums are added to totals and restart from zero, which bounds their error. */
export const flushRows = 64;

/** Bytes in memory for four columns of a result: a vector of sums and, as doubles, of totals. */
export const columnBytes = 48;

/**
 * The kernel of a reduction whose innermost axis is kept. A task is a block of rows of outputs by a chunk of columns.
 * Each lane reduces one column. Few rows are reduced at once. Otherwise sums are in memory, and a task goes through its
 * columns for some rows at a time, so that it reads memory in order.
 */
export function compileReduceColumns(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { arithmetic, reducedAxes, names, inMemory } = variant;
  const frame = reduceFrame(f, operands, variant, functions, pointersAt);
  const { code, vectors, sums, bases, part, reduced, eachOutput } = frame;
  const { pointers } = vectors;
  const { accumulators } = sums;
  const size = code.argument(taskColumns);
  const begin = code.let(() => code.get(part).get(size).op(ops.i32mul));
  const end = code.smaller(() => code.get(begin).get(size).op(ops.i32add), columns);
  const rows = code.argument(at.rows);
  const groupRows = code.argument(groupSize);
  const memory = code.let(() => {
    code.get(2).get(code.argument(threadBytes)).op(ops.i32mul).get(code.argument(at.memory)).op(ops.i32add);
  });
  const spare = code.local(types.v128);
  const [group, groupEnd, row, column, held, to] = Array.from({ length: 6 }, () => code.scratch());

  /** Repeats `body` for all columns of the task, at most `steps` vectors of them at a time; the last may be a part. */
  const strips = (body: (steps: number, isPart: boolean) => void) => {
    code.get(begin).set(column).get(memory).set(held);
    const sweep = (steps: number) =>
      code.whileFits(column, 4 * steps, end, () => {
        body(steps, false);
        code.increase(held, steps * f.results.length * columnBytes);
      });
    if (sums.steps > 1) sweep(sums.steps);
    sweep(1);
    code.if(
      () => code.get(column).get(end).op(ops.i32ltU),
      () => body(1, true),
    );
  };
  const start = () => {
    pointers.forEach((pointer, k) => {
      code.get(bases[k]).set(pointer);
    });
    vectors.move(() => code.get(column));
    movePointers(code, pointers, row, reduced);
  };
  /** Adds the rows of the group to the sums. */
  const addRows = (steps: number) => {
    code.get(group).set(row);
    if (reducedAxes === 1) start();
    code.whileFits(row, 1, groupEnd, () => {
      if (reducedAxes !== 1) start();
      vectors.loadSplats();
      sums.add(steps);
      if (reducedAxes !== 1) return;
      pointers.forEach((pointer, k) => {
        code
          .get(pointer)
          .get(0)
          .i32Load(4 * (reduced.at + 1 + k))
          .op(ops.i32add)
          .set(pointer);
      });
    });
  };
  /** Bytes from `held` to the totals of vector `step` of result r. */
  const totalsAt = (r: number, step: number, steps: number) => 16 * (steps * f.results.length + 2 * (r * steps + step));
  const eachTotal = (steps: number, body: (r: number, step: number, offset: number, reducer: Inexact) => void) =>
    accumulators.forEach(({ inexact }, r) => {
      for (let step = 0; inexact && step < steps; step++) body(r, step, totalsAt(r, step, steps), inexact);
    });
  const storeResults = (steps: number, isPart: boolean) =>
    f.results.forEach(({ name }, r) => {
      const { dtype } = operands[name];
      const size = bytesOf(dtype);
      code.get(bases[names.indexOf(name)]).get(column).int(size).op(ops.i32mul, ops.i32add).set(to);
      for (let i = 0; i < steps; i++) {
        const step = steps > 1 ? i ^ 1 : i;
        if (inMemory && accumulators[r].inexact) pushTotals(code, held, totalsAt(r, step, steps));
        else {
          code.get(sums.local(r, step));
          accumulators[r].decode();
        }
        code.set(spare);
        if (!isPart) storeVector(code.get(to).get(spare), dtype, arithmetic, 4 * step * size);
        for (let lane = 0; isPart && lane < 3; lane++) {
          code.if(
            () => code.get(column).int(lane).op(ops.i32add).get(end).op(ops.i32ltU),
            () => storeVector(code.get(to).get(spare), dtype, arithmetic, lane * size, lane),
          );
        }
      }
    });

  const reduceStrip = (steps: number, isPart: boolean) => {
    if (inMemory) sums.load(held, steps);
    else sums.clear(steps);
    addRows(steps);
    if (!inMemory) {
      storeResults(steps, isPart);
      return;
    }
    sums.store(held, steps);
    const isLast = () => code.get(rows).get(groupEnd).op(ops.i32leU);
    code.if(
      () =>
        isLast()
          .get(groupEnd)
          .int(flushRows - 1)
          .op(ops.i32and, ops.i32eqz, ops.i32or),
      () => {
        sums.load(held, steps);
        eachTotal(steps, (r, step, offset, reducer) => {
          addToTotals(code, reducer, sums.local(r, step), held, offset);
          accumulators[r].clear(sums.local(r, step));
        });
        sums.store(held, steps);
        code.if(isLast, () => storeResults(steps, isPart));
      },
    );
  };

  eachOutput(() => {
    code.int(0).set(group);
    if (inMemory) {
      sums.clear();
      strips((steps) => {
        sums.store(held, steps);
        eachTotal(steps, (_r, _step, offset, reducer) => clearTotals(code, reducer, held, offset));
      });
    }
    code.visit(group, groupEnd, groupRows, rows, () => strips(reduceStrip));
  });
  return kernelModule(importsOf(f, functions), code);
}
