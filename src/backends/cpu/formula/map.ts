import { bytesOf } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import { Code, kernelModule } from '../wasm/module.js';
import { ops, types } from '../wasm/opcodes.js';
import { importsOf } from './math-functions.js';
import { type Axis, lengthOf, planWalk } from './plan.js';
import { axesWords, loadPointers, movePointers } from './pointers.js';
import { loadSplat, loadVector, storeVector } from './vector-memory.js';
import { VectorEmitter } from './vectors.js';

/** Elements per task: small enough to share evenly, large enough that claiming a task costs nothing. */
const taskElements = 16384;

/**
 * Formulas with at most this many nodes that depend on elements are computed for 16 elements at a time to hide
 * latencies.
 */
const unrolledNodes = 24;

/** How a kernel computes. */
export interface MapMode {
  readonly arithmetic: Arithmetic;
  readonly relaxed: boolean;
  /** Whether vectors are computed in pairs, which the engine joins into vectors of 256 bits. */
  readonly wide: boolean;
}

/** What the code of a kernel depends on besides the formula and the dtypes. */
export interface MapVariant extends MapMode {
  readonly kind: 'map';
  /** The number of axes other than the innermost one. */
  readonly outerAxes: number;
  /** Whether each operand advances along the innermost axis. */
  readonly advances: readonly boolean[];
  readonly names: readonly string[];
}

/** A call of a map kernel without the kernel; see `Call`. */
interface MapPlan {
  readonly variant: MapVariant;
  readonly head: readonly number[];
  readonly tail: readonly number[];
  readonly tasks: number;
}

/** Positions of argument words; pointers, outer axes and uniform values follow. */
const at = { inner: 0, chunk: 1, chunks: 2, rows: 3, taskRows: 4, pointers: 5 } as const;

/** The arguments, up to the pointers, of a map over `size` adjacent elements; the third is the number of tasks. */
export function denseArguments(size: number): number[] {
  const chunk = Math.min(size, taskElements);
  return [size, chunk, Math.ceil(size / chunk), 1, Math.max(1, Math.floor(taskElements / size))];
}

/** The kernel of such a map. */
export function denseVariant(names: readonly string[], mode: MapMode): MapVariant {
  return { kind: 'map', ...mode, outerAxes: 0, advances: names.map(() => true), names };
}

/** Plans a map; returns null if there is nothing to compute. */
export function planMap(f: Formula, operands: Operands<number>, mode: MapMode): MapPlan | null {
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
  // other dtypes are converted when they are loaded: once in a row if they do not advance
  const wide = mode.wide && names.every((name, k) => operands[name].dtype === 'float32' || !advances[k]);
  return {
    variant: { kind: 'map', ...mode, wide, outerAxes: outer.length, advances, names },
    head: [inner.length, chunk, chunks, rows, taskRows],
    tail: [...outer.map((axis) => axis.length), ...outer.flatMap((axis) => axis.strides)],
    tasks: chunks * Math.ceil(rows / taskRows),
  };
}

/**
 * The kernel of a map. A task is a block of rows by a chunk of the innermost axis. Four elements are computed at a
 * time, the last few of a row one by one with the same instructions, so no value depends on its position. In wide form,
 * both vectors of a pair are computed before either is stored, the second first.
 */
export function compileMap(
  f: Formula,
  operands: Operands<number>,
  variant: MapVariant,
  functions: InlineFunctions,
): Uint8Array {
  const { arithmetic, wide, outerAxes, advances, names } = variant;
  const code = new Code(3);
  const emitter = new VectorEmitter(code, f, { ...variant, functions });
  const sizes = names.map((name) => bytesOf(operands[name].dtype));
  const outer = { count: outerAxes, at: at.pointers + names.length };
  const chunk = code.argument(at.chunk);
  const { quotient: block, remainder: part } = code.taskParts(at.chunks);
  const begin = code.let(() => code.get(part).get(chunk).op(ops.i32mul));
  const end = code.smaller(() => code.get(begin).get(chunk).op(ops.i32add), at.inner);
  const taskRows = code.argument(at.taskRows);
  const row = code.let(() => code.get(block).get(taskRows).op(ops.i32mul));
  const rowEnd = code.smaller(() => code.get(row).get(taskRows).op(ops.i32add), at.rows);
  emitter.uniforms(0, 4 * (outer.at + axesWords(outerAxes, names.length)));
  const pointers = names.map(() => code.local(types.i32));
  const splats = names.map((_, k) => (advances[k] ? -1 : code.local(types.v128)));
  const i = code.local(types.i32);

  const compute = (step: number, single: boolean, place: number) =>
    emitter.compute((name) => {
      const k = names.indexOf(name);
      if (!advances[k]) code.get(splats[k]);
      else loadVector(code.get(pointers[k]), operands[name].dtype, arithmetic, 4 * step * sizes[k], single);
    }, place);
  const store = (name: string, node: number, step: number, single: boolean, place: number) => {
    const k = names.indexOf(name);
    code.get(pointers[k]);
    emitter.push(node, place);
    storeVector(code, operands[name].dtype, arithmetic, 4 * step * sizes[k], single);
  };
  const body = (step: number, single: boolean) => {
    compute(step, single, 0);
    for (const { name, node } of f.results) store(name, node, step, single, 0);
  };
  const bodyOfPair = (step: number) => {
    for (const place of [0, 1]) compute(step + place, false, place);
    for (const { name, node } of f.results) {
      for (const place of [1, 0]) store(name, node, step + place, false, place);
    }
  };
  /** Computes `steps` vectors of `lanes` elements at a time while that many are left. */
  const sweep = (lanes: number, steps: number) =>
    code.whileFits(i, lanes * steps, end, () => {
      if (wide && steps > 1) for (let step = 0; step < steps; step += 2) bodyOfPair(step);
      else for (let step = 0; step < steps; step++) body(step, lanes === 1);
      pointers.forEach((pointer, k) => {
        if (advances[k]) code.increase(pointer, lanes * steps * sizes[k]);
      });
    });

  code.whileFits(row, 1, rowEnd, () => {
    loadPointers(code, pointers, at.pointers);
    movePointers(code, pointers, row, outer);
    names.forEach((name, k) => {
      if (advances[k]) code.get(pointers[k]).get(begin).int(sizes[k]).op(ops.i32mul, ops.i32add).set(pointers[k]);
      else {
        loadSplat(code.get(pointers[k]), operands[name].dtype, arithmetic);
        code.set(splats[k]);
      }
    });
    code.get(begin).set(i);
    if (f.nodes.filter((node) => !node.uniform).length <= unrolledNodes) sweep(4, 4);
    else if (wide) sweep(4, 2);
    sweep(4, 1);
    sweep(1, 1);
  });
  return kernelModule(importsOf(f, functions), code);
}
