import { bytesOf } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { Code, kernelModule } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import { importsOf } from './math-functions.js';
import { type Axis, describeAxes, isJoined, type KernelMode, lengthOf, type Plan, planWalk } from './plan.js';
import { axesWords, loadPointers, movePointers } from './pointers.js';
import { storeVector } from './vector-memory.js';
import { VectorEmitter } from './vectors.js';

/** Elements per task: small enough to share evenly, large enough that claiming a task costs nothing. */
const taskElements = 16384;

/**
 * Formulas with at most this many nodes that depend on elements are computed for 16 elements at a time to hide
 * latencies.
 */
const unrolledNodes = 24;

/** What the code of a kernel depends on besides the formula and the dtypes. */
export interface MapVariant extends KernelMode {
  readonly kind: 'map';
  /** The number of axes other than the innermost one. */
  readonly outerAxes: number;
  /** Whether each operand advances along the innermost axis. */
  readonly advances: readonly boolean[];
  readonly names: readonly string[];
}

/** Positions of argument words; pointers, outer axes and uniform values follow. */
const at = { inner: 0, chunk: 1, chunks: 2, rows: 3, taskRows: 4, pointers: 5 } as const;

/** The arguments, up to the pointers, of a map over `size` adjacent elements; the third is the number of tasks. */
export function denseArguments(size: number): number[] {
  const chunk = Math.min(size, taskElements);
  return [size, chunk, Math.ceil(size / chunk), 1, Math.max(1, Math.floor(taskElements / size))];
}

/** The kernel of such a map. */
export function denseVariant(names: readonly string[], mode: KernelMode): MapVariant {
  return { kind: 'map', ...mode, outerAxes: 0, advances: names.map(() => true), names };
}

/** Plans a map; returns null if there is nothing to compute. */
export function planMap(f: Formula, operands: Operands<number>, mode: KernelMode): Plan<MapVariant> | null {
  const { axes, names } = planWalk(f, operands);
  const dense = axes.at(-1)?.strides.every((stride, k) => stride === 0 || stride === bytesOf(operands[names[k]].dtype));
  // vectors are loaded from adjacent elements; where elements are not adjacent, they are computed one by one
  const inner: Axis = (dense && axes.at(-1)) || { length: 1, reduced: false, strides: names.map(() => 0) };
  const outer = dense ? axes.slice(0, -1) : axes;
  const rows = lengthOf(outer);
  if (rows * inner.length === 0) return null;
  const chunk = Math.min(inner.length, taskElements);
  const chunks = Math.ceil(inner.length / chunk);
  const taskRows = Math.max(1, Math.floor(taskElements / inner.length));
  const advances = names.map((name, k) => inner.strides[k] !== 0 || f.outputs.includes(name));
  const wide = mode.wide && isJoined(names, operands, advances);
  return {
    variant: { kind: 'map', ...mode, wide, outerAxes: outer.length, advances, names },
    head: [inner.length, chunk, chunks, rows, taskRows],
    tail: describeAxes(outer, names.length),
    tasks: chunks * Math.ceil(rows / taskRows),
  };
}

/**
 * The kernel of a map. A task is a block of rows by a chunk of the innermost axis. Four elements are computed at a
 * time, so no value depends on its position; of the last vector of a row only a part may be stored. In wide form, both
 * vectors of a pair are computed before either is stored, the second first.
 */
export function compileMap(
  f: Formula,
  operands: Operands<number>,
  variant: MapVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { arithmetic, wide, outerAxes, names } = variant;
  const code = new Code(3);
  const vectors = new VectorEmitter(code, f, operands, variant, functions);
  const { pointers, sizes } = vectors;
  const outer = { count: outerAxes, at: at.pointers + names.length };
  const chunk = code.argument(at.chunk);
  const { quotient: block, remainder: part } = code.taskParts(at.chunks);
  const begin = code.let(() => code.get(part).get(chunk).op(ops.i32mul));
  const end = code.smaller(() => code.get(begin).get(chunk).op(ops.i32add), at.inner);
  const taskRows = code.argument(at.taskRows);
  const row = code.let(() => code.get(block).get(taskRows).op(ops.i32mul));
  const rowEnd = code.smaller(() => code.get(row).get(taskRows).op(ops.i32add), at.rows);
  vectors.uniforms(0, 4 * (outer.at + axesWords(outerAxes, names.length)));
  const i = code.local(types.i32);

  /** Stores a vector of a result, or one lane of it. */
  const store = (name: string, node: number, step: number, place: number, lane?: number) => {
    const k = names.indexOf(name);
    code.get(pointers[k]);
    vectors.push(node, place);
    storeVector(code, operands[name].dtype, arithmetic, (4 * step + (lane ?? 0)) * sizes[k], lane);
  };
  /** Computes `steps` vectors at a time while that many are left. */
  const sweep = (steps: number) => {
    const places = wide && steps > 1 ? [1, 0] : [0];
    code.whileFits(i, 4 * steps, end, () => {
      for (let step = 0; step < steps; step += places.length) {
        for (const place of [...places].reverse()) vectors.compute(step + place, place);
        for (const { name, node } of f.results) for (const place of places) store(name, node, step + place, place);
      }
      vectors.advance(4 * steps);
    });
  };

  code.whileFits(row, 1, rowEnd, () => {
    loadPointers(code, pointers, at.pointers);
    movePointers(code, pointers, row, outer);
    vectors.move(() => code.get(begin));
    vectors.loadSplats();
    code.get(begin).set(i);
    if (f.nodes.filter((node) => !node.uniform).length <= unrolledNodes) sweep(4);
    else if (wide) sweep(2);
    sweep(1);
    code.if(
      () => code.get(i).get(end).op(ops.i32ltU),
      () => {
        vectors.compute(0);
        for (let lane = 0; lane < 3; lane++) {
          code.if(
            () => code.get(i).int(lane).op(ops.i32add).get(end).op(ops.i32ltU),
            () => {
              for (const { name, node } of f.results) store(name, node, 0, 0, lane);
            },
          );
        }
      },
    );
  });
  return kernelModule(importsOf(f, functions), code);
}
