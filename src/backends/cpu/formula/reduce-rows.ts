import type { Formula } from '../../../formula/formula.js';
import { reducing } from '../../../formula/semantics.js';
import type { Operands } from '../../../tensor/backend.js';
import { scratch } from '../engine.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { kernelModule } from '../wasm/module.js';
import { ops, simd, types } from '../wasm/opcodes.js';
import { importsOf } from './math-functions.js';
import { movePointers } from './pointers.js';
import { at, type ReduceVariant, reduceFrame } from './reduce-frame.js';
import type { Inexact } from './reducers.js';
import { storeDouble } from './vector-memory.js';

/** Positions of further argument words; a part of an output is a split of the elements that it reduces. */
const taskRows = at.others;
const visitRows = at.others + 1;
const inner = at.others + 2;
const innerPart = at.others + 3;
const innerSplits = at.others + 4;
const pointersAt = at.others + 5;

/** After this many elements, vectors of float32 sums are added to a double, which bounds their error. */
export const flushElements = 1024;

const doubleOps = { sum: ops.f64add, prod: ops.f64mul } as const;

/** The numbers of the lanes. */
const lanes = new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer);

/**
 * The kernel of a reduction whose innermost axis is reduced. A task is a block of outputs by one split of the elements
 * that they reduce. It visits each output in turn, for some rows at a time, so that it reads memory in order. Lanes run
 * along the innermost axis; sums and products of floats are combined in double precision.
 */
export function compileReduceRows(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { wide, reducedAxes, names, inMemory, isShort } = variant;
  const frame = reduceFrame(f, operands, variant, functions, pointersAt);
  const { code, vectors, sums, bases, output, part: split, reduced, eachOutput } = frame;
  const { pointers } = vectors;
  const { accumulators } = sums;
  const splits = code.argument(at.parts);
  /** The first and the last of the rows or elements of the split. */
  const rangeOf = (quotient: number, size: number, most: number) => {
    const part = code.argument(size);
    const begin = code.let(() => code.get(split).get(code.argument(innerSplits)).op(quotient).get(part).op(ops.i32mul));
    return [begin, code.smaller(() => code.get(begin).get(part).op(ops.i32add), most)];
  };
  const [firstRow, rowEnd] = rangeOf(ops.i32divU, taskRows, at.rows);
  const [begin, end] = rangeOf(ops.i32remU, innerPart, inner);

  /** Totals of inexact results; results of the others in the end. */
  const totals = f.results.map(() => code.local(types.f64));
  /** Bytes of the sums in memory; the totals follow them. */
  const sumsBytes = 16 * sums.steps * totals.length;
  const [row, i, blockEnd, visitEnd, unflushed, carried] = Array.from({ length: 6 }, () => code.scratch());
  const visit = code.let(() => code.get(firstRow));
  const memory = code.let(() => {
    if (inMemory) code.get(code.argument(at.memory));
    else code.get(2).int(scratch.bytes).op(ops.i32mul).get(0).int(scratch.at).op(ops.i32add, ops.i32add);
  });
  const held = inMemory ? code.scratch() : memory;
  // whether all elements of an output are in one block, so that it begins with sums of nothing
  const isFresh = isShort && reducedAxes === 0 && !inMemory;

  const eachInexact = (body: (r: number, reducer: Inexact) => void) =>
    accumulators.forEach(({ inexact }, r) => {
      if (inexact) body(r, inexact);
    });
  /** Adds a lane of the vector that `push` pushes to totals[r]. */
  const addLane = (r: number, reducer: Inexact, lane: number, push: () => void) => {
    code.get(totals[r]);
    push();
    code.simd(simd.f32lane, lane).op(ops.f64promote, doubleOps[reducer]).set(totals[r]);
  };
  /** Combines the sums of result r in the first of them, and returns its local. */
  const combined = (r: number) => {
    const first = sums.local(r, 0);
    for (let step = 1; step < sums.steps; step++) {
      code.get(first).get(sums.local(r, step));
      accumulators[r].combine();
      code.set(first);
    }
    return first;
  };
  const flush = () => {
    if (wide) sums.load(held);
    eachInexact((r, reducer) => {
      const first = combined(r);
      for (let lane = 0; lane < 4; lane++) addLane(r, reducer, lane, () => code.get(first));
      for (let step = 0; step < sums.steps; step++) accumulators[r].clear(sums.local(r, step));
    });
    if (wide && !isFresh) sums.store(held);
    code.int(0).set(unflushed);
  };
  /** Whether `elements` more of the block are left. */
  const isLeft = (elements: number) => code.get(i).int(elements).op(ops.i32add).get(blockEnd).op(ops.i32leU);
  /** Adds `steps` vectors at a time to the sums, while that many are left. */
  const sweep = (steps: number) => {
    const isFirst = steps > 1 && isFresh;
    const loop = () => {
      if (wide && !isFirst) sums.load(held, steps, sums.steps);
      code.whileFits(i, 4 * steps, blockEnd, () => {
        sums.add(steps);
        vectors.advance(4 * steps);
      });
      if (wide) sums.store(held, steps, sums.steps);
    };
    if (!wide || isFirst) loop();
    else code.if(() => isLeft(4 * steps), loop);
  };
  /** Adds the last elements of a row, which are the first lanes of a vector. */
  const addRest = () => {
    vectors.compute(0);
    if (wide) sums.load(held, 1, sums.steps);
    f.results.forEach(({ node }, r) => {
      const { inexact } = accumulators[r];
      const push = () => vectors.push(node);
      if (inexact) {
        for (let lane = 0; lane < 3; lane++) {
          code.if(
            () => isLeft(lane + 1),
            () => addLane(r, inexact, lane, push),
          );
        }
        return;
      }
      const first = sums.local(r, 0);
      push();
      accumulators[r].encode();
      code.get(first);
      accumulators[r].combine();
      code.get(first).get(blockEnd).get(i).op(ops.i32sub).simd(simd.i32splat);
      code
        .simd(simd.constant, ...lanes)
        .simd(simd.i32.gt)
        .simd(simd.bitselect)
        .set(first);
    });
    if (wide) sums.store(held, 1, sums.steps);
    code.get(blockEnd).set(i);
  };
  /** Reduces the elements from i to blockEnd. */
  const reduceBlock = () => {
    if (isFresh) sums.clear();
    code.get(unflushed).get(blockEnd).op(ops.i32add).get(i).op(ops.i32sub).set(unflushed);
    if (sums.steps > 1) sweep(sums.steps);
    sweep(1);
    code.if(() => isLeft(1), addRest);
    if (!accumulators.some(({ inexact }) => inexact)) return;
    code.if(() => {
      code.int(flushElements).get(unflushed).op(ops.i32leU);
      // or if this was the end of the last row
      code.get(end).get(i).op(ops.i32leU).get(rowEnd).get(row).int(1).op(ops.i32add, ops.i32leU, ops.i32and, ops.i32or);
    }, flush);
  };
  const reduceRow = () => {
    pointers.forEach((pointer, k) => {
      code.get(bases[k]).set(pointer);
    });
    movePointers(code, pointers, row, reduced);
    vectors.loadSplats();
    code.get(begin).set(i);
    if (isShort) {
      code.get(end).set(blockEnd);
      reduceBlock();
      return;
    }
    code.while(
      () => code.get(i).get(end).op(ops.i32ltU),
      () => {
        code.get(i).int(flushElements).op(ops.i32add).set(blockEnd);
        code.limit(blockEnd, end);
        reduceBlock();
      },
    );
  };
  const clearTotals = () => eachInexact((r, reducer) => code.double(reducing.float[reducer].start).set(totals[r]));
  const storeTotals = () =>
    totals.forEach((total, r) => {
      code
        .get(held)
        .get(total)
        .f64Store(sumsBytes + 8 * r);
    });
  /** Sets `held` to the memory of the output. */
  const find = () => {
    code.get(output).get(splits).op(ops.i32mul).get(split).op(ops.i32add);
    code
      .int(sumsBytes + 8 * totals.length)
      .op(ops.i32mul)
      .get(memory)
      .op(ops.i32add)
      .set(held);
  };
  const visitOutput = () => {
    if (inMemory) {
      find();
      if (!wide) sums.load(held);
      totals.forEach((total, r) => {
        code
          .get(held)
          .f64Load(sumsBytes + 8 * r)
          .set(total);
      });
    } else {
      clearTotals();
      if (!isFresh) sums.clear();
      if (!isFresh && wide) sums.store(held);
    }
    vectors.move(() => code.get(begin), bases);
    code.get(carried).set(unflushed).get(visit).set(row);
    code.whileFits(row, 1, visitEnd, reduceRow);
    if (wide) sums.load(held);
    else if (inMemory) sums.store(held);
    f.results.forEach(({ name }, r) => {
      if (!accumulators[r].inexact) {
        accumulators[r].pushResult(combined(r));
        code.set(totals[r]);
      }
      // where another visit or another split follows, this is overwritten
      code.get(bases[names.indexOf(name)]).get(totals[r]);
      storeDouble(code, operands[name].dtype);
    });
    if (inMemory) storeTotals();
  };

  if (inMemory) {
    sums.clear();
    clearTotals();
    eachOutput(() => {
      find();
      sums.store(held);
      storeTotals();
    });
  }
  code.visit(visit, visitEnd, code.argument(visitRows), rowEnd, () => {
    eachOutput(visitOutput);
    code.get(unflushed).set(carried);
  });
  return kernelModule(importsOf(f, functions), code);
}
