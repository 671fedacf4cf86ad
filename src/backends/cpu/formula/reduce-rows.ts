import { bytesOf, type Dtype } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { Code, kernelModule } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import { importsOf } from './math-functions.js';
import { axesWords, loadPointers, movePointers } from './pointers.js';
import {
  accumulate,
  combineTotals,
  emptyTotal,
  identity,
  laneTotal,
  type ReduceVariant,
  totalAsDouble,
  totalType,
} from './reducers.js';
import { loadSplat, loadVector } from './vector-memory.js';
import { VectorEmitter } from './vectors.js';

/** Positions of argument words; pointers, kept axes, reduced axes and uniform values follow. */
const at = {
  partials: 0,
  outputs: 1,
  taskOutputs: 2,
  splits: 3,
  rows: 4,
  rowPart: 5,
  inner: 6,
  innerPart: 7,
  innerSplits: 8,
  pointers: 9,
} as const;

/** After this many elements, vectors of float32 sums are added to a double, which bounds their error. */
const flushElements = 1024;

/**
 * The kernel of a reduction whose innermost axis is reduced. A task is a block of outputs by one split of the elements
 * that they reduce. Lanes run along the innermost axis and are combined in double precision, or in int32.
 */
export function compileReduceRows(
  f: Formula,
  operands: Operands<number>,
  variant: ReduceVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { arithmetic, keptAxes, reducedAxes, advances, names, partial } = variant;
  const code = new Code(3);
  const emitter = new VectorEmitter(code, f, { ...variant, functions });
  const sizes = names.map((name) => bytesOf(operands[name].dtype));
  const kept = { count: keptAxes, at: at.pointers + names.length };
  const reduced = { count: reducedAxes, at: kept.at + axesWords(keptAxes, names.length) };
  const outputs = code.argument(at.outputs);
  const splits = code.argument(at.splits);
  const { quotient: block, remainder: split } = code.taskParts(at.splits);
  const taskOutputs = code.argument(at.taskOutputs);
  const innerSplits = code.argument(at.innerSplits);
  const output = code.let(() => code.get(block).get(taskOutputs).op(ops.i32mul));
  const outputEnd = code.smaller(() => code.get(output).get(taskOutputs).op(ops.i32add), at.outputs);
  const rowPart = code.argument(at.rowPart);
  const firstRow = code.let(() => code.get(split).get(innerSplits).op(ops.i32divU).get(rowPart).op(ops.i32mul));
  const rowEnd = code.smaller(() => code.get(firstRow).get(rowPart).op(ops.i32add), at.rows);
  const innerPart = code.argument(at.innerPart);
  const begin = code.let(() => code.get(split).get(innerSplits).op(ops.i32remU).get(innerPart).op(ops.i32mul));
  const end = code.smaller(() => code.get(begin).get(innerPart).op(ops.i32add), at.inner);
  emitter.uniforms(0, 4 * (reduced.at + axesWords(reducedAxes, names.length)));

  const bases = names.map(() => code.local(types.i32));
  const pointers = names.map(() => code.local(types.i32));
  const splats = names.map((_, k) => (advances[k] ? -1 : code.local(types.v128)));
  const steps = f.nodes.length <= 24 && f.results.length <= 2 ? 4 : 1;
  const sums = f.results.map(() => Array.from({ length: steps }, () => code.local(types.v128)));
  const totals = f.results.map(() => code.local(totalType(arithmetic)));
  const spare = [code.scratch(), code.scratch()] as const;
  const [row, i, blockEnd, unflushed] = [code.scratch(), code.scratch(), code.scratch(), code.scratch()];

  const compute = (step: number, single: boolean) =>
    emitter.compute((name) => {
      const k = names.indexOf(name);
      if (!advances[k]) code.get(splats[k]);
      else loadVector(code.get(pointers[k]), operands[name].dtype, arithmetic, 4 * step * sizes[k], single);
    });
  const advance = (elements: number) =>
    pointers.forEach((pointer, k) => {
      if (advances[k]) code.increase(pointer, elements * sizes[k]);
    });
  const clear = () =>
    f.results.forEach(({ reducer }, r) => {
      for (const sum of sums[r]) identity(code, reducer, arithmetic).set(sum);
    });
  const flush = () => {
    f.results.forEach(({ reducer }, r) => {
      const [first, ...others] = sums[r];
      code.get(first);
      for (const other of others) accumulate(code.get(other), reducer, arithmetic);
      code.set(first);
      code.get(totals[r]);
      for (let lane = 0; lane < 4; lane++) {
        laneTotal(code.get(first), lane, arithmetic);
        combineTotals(code, reducer, arithmetic, spare);
      }
      code.set(totals[r]);
    });
    clear();
  };
  const sweep = (count: number) =>
    code.whileFits(i, 4 * count, blockEnd, () => {
      for (let step = 0; step < count; step++) {
        compute(step, false);
        f.results.forEach(({ reducer, node }, r) => {
          code.get(sums[r][step]);
          emitter.push(node);
          accumulate(code, reducer, arithmetic).set(sums[r][step]);
        });
      }
      advance(4 * count);
    });
  const rest = () =>
    code.whileFits(i, 1, blockEnd, () => {
      compute(0, true);
      f.results.forEach(({ reducer, node }, r) => {
        code.get(totals[r]);
        emitter.push(node);
        laneTotal(code, 0, arithmetic);
        combineTotals(code, reducer, arithmetic, spare).set(totals[r]);
      });
      advance(1);
    });

  code.whileFits(output, 1, outputEnd, () => {
    f.results.forEach(({ reducer }, r) => {
      emptyTotal(code, reducer, arithmetic).set(totals[r]);
    });
    clear();
    code.int(0).set(unflushed);
    loadPointers(code, bases, at.pointers);
    movePointers(code, bases, output, kept);
    code.get(firstRow).set(row);
    code.whileFits(row, 1, rowEnd, () => {
      pointers.forEach((pointer, k) => {
        code.get(bases[k]).set(pointer);
      });
      movePointers(code, pointers, row, reduced);
      names.forEach((name, k) => {
        if (advances[k]) code.get(pointers[k]).get(begin).int(sizes[k]).op(ops.i32mul, ops.i32add).set(pointers[k]);
        else if (f.inputs.includes(name)) {
          loadSplat(code.get(pointers[k]), operands[name].dtype, arithmetic);
          code.set(splats[k]);
        }
      });
      code.get(begin).set(i);
      code.while(
        () => code.get(i).get(end).op(ops.i32ltU),
        () => {
          code.get(i).int(flushElements).op(ops.i32add).set(blockEnd);
          code.limit(blockEnd, end);
          code.get(unflushed).get(blockEnd).op(ops.i32add).get(i).op(ops.i32sub).set(unflushed);
          if (steps > 1) sweep(steps);
          sweep(1);
          rest();
          code.if(
            () => code.int(flushElements).get(unflushed).op(ops.i32leU),
            () => {
              flush();
              code.int(0).set(unflushed);
            },
          );
        },
      );
    });
    flush();
    f.results.forEach(({ name }, r) => {
      if (partial) {
        code.get(output).int(r).get(outputs).op(ops.i32mul, ops.i32add).get(splits).op(ops.i32mul);
        code.get(split).op(ops.i32add).int(8).op(ops.i32mul).get(code.argument(at.partials)).op(ops.i32add);
        totalAsDouble(code, totals[r], arithmetic).f64Store(0);
      } else {
        code.get(bases[names.indexOf(name)]);
        storeDouble(totalAsDouble(code, totals[r], arithmetic), operands[name].dtype);
      }
    });
  });
  return kernelModule(importsOf(f, functions), code);
}

/** Converts the double on the stack to the dtype and stores it at the address below it. */
function storeDouble(code: Code, dtype: Dtype): void {
  if (dtype === 'float32') code.op(ops.f32demote).f32Store(0);
  else if (dtype === 'int32') code.truncateDouble().i32Store(0);
  else if (dtype === 'bool') code.double(0).op(ops.f64ne).byteStore(0);
  else code.double(0).op(ops.f64max).double(255).op(ops.f64min).truncateDouble().byteStore(0);
}
