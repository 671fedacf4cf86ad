import type { Formula } from '../../formula/formula.js';
import { arithmeticOf, storedIn } from '../../formula/semantics.js';
import { decide, uniformValues } from '../../formula/uniform.js';
import type { Backend, Operand, Operands, Scalars } from '../../tensor/backend.js';
import { broadcastShapes } from '../../tensor/shape.js';
import { formulaValues } from '../graph/formula-values.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { fillOf, scalarOf, type Value, type ValueType } from '../graph/value.js';
import type { MemoryMap } from './memory-map.js';
import { reducers } from './reducers.js';
import { averagePool, convolution, maxPool } from './windows.js';

/** The graph that is being built, and where its values are. */
export interface Tracing {
  readonly b: GraphBuilder;
  readonly memory: MemoryMap;
}

/** Describes a call of a primitive: reads the values of its inputs, and returns the writes of its outputs. */
type Description<P extends keyof Backend> = (
  t: Tracing,
  ...call: Parameters<Extract<NonNullable<Backend[P]>, (...call: never[]) => unknown>>
) => void;

/** The primitives of which models in evaluation mode consist. */
export type TracedPrimitive =
  | 'map'
  | 'reduce'
  | 'argReduce'
  | 'cumsum'
  | 'copy'
  | 'matmul'
  | 'conv2d'
  | 'maxPool2d'
  | 'avgPool2d'
  | 'gather'
  | 'indexSelect'
  | 'scatterAdd'
  | 'indexAdd'
  | 'write';

/** What each primitive is in ONNX. */
export const primitives: { readonly [P in TracedPrimitive]: Description<P> } = {
  map(t, f, operands, scalars) {
    const { results } = evaluated(t, f, operands, scalars);
    f.results.forEach(({ name }, i) => {
      store(t, operands[name], results[i]);
    });
  },

  reduce(t, f, operands, scalars) {
    const { results, type } = evaluated(t, f, operands, scalars);
    const full = broadcastShapes('reduce', ...f.inputs.map((name) => operands[name].shape));
    const reduced = f.results.map(({ name, reducer }, i) => {
      const out = operands[name];
      const axes = full.flatMap((length, axis) => (out.shape[axis] === 1 && length !== 1 ? [axis] : []));
      const x = t.b.expanded(t.b.converted(results[i], type), full);
      if (axes.length === 0) return unscaled(x);
      return t.b.add(reducers[reducer ?? 'sum'], [x], { shape: out.shape, type }, { axes, keepdims: 1 });
    });
    f.results.forEach(({ name }, i) => {
      store(t, operands[name], reduced[i]);
    });
  },

  argReduce(t, kind, x, out, axis) {
    const keepdims = Number(out.shape.length === x.shape.length);
    const type: ValueType = { shape: out.shape, type: 'int64' };
    const op = kind === 'max' ? 'ArgMax' : 'ArgMin';
    store(t, out, t.b.add(op, [numbers(t, x)], type, { axis, keepdims }));
  },

  cumsum(t, x, out, axis, reverse) {
    const value = numbers(t, x);
    const at = t.b.values([axis], { shape: [], type: 'int64' });
    store(t, out, t.b.add('CumSum', [value, at], value, reverse ? { reverse: 1 } : {}));
  },

  copy(t, x, out, { shape, fromOffset, fromStrides, toOffset, toStrides }) {
    const value = t.memory.readView(x, { shape, offset: fromOffset, strides: fromStrides });
    t.memory.writeView(out, { shape, offset: toOffset, strides: toStrides }, value);
  },

  matmul(t, a, b, out, { transposeA = false, transposeB = false } = {}) {
    const [left, right] = [t.memory.read(a), t.memory.read(b)];
    const type: ValueType = { shape: out.shape, type: 'float32' };
    if (a.shape.length === 2 && b.shape.length === 2) {
      const flags = { ...(transposeA && { transA: 1 }), ...(transposeB && { transB: 1 }) };
      store(t, out, t.b.add('Gemm', [left, right], type, flags));
      return;
    }
    const operands = [transposeA ? turned(t.b, left) : left, transposeB ? turned(t.b, right) : right];
    store(t, out, t.b.add('MatMul', operands, type));
  },

  conv2d(t, ...[x, w, bias, out, g]) {
    const inputs = [x, w, ...(bias ? [bias] : [])].map((operand) => t.memory.read(operand));
    store(t, out, convolution(t.b, inputs, out.shape, g));
  },

  maxPool2d(t, x, out, _indices, g) {
    store(t, out, maxPool(t.b, t.memory.read(x), out.shape, g));
  },

  avgPool2d(t, x, out, g) {
    store(t, out, averagePool(t.b, t.memory.read(x), out.shape, g));
  },

  gather(t, x, index, out, axis) {
    const inputs = [t.memory.read(x), t.memory.read(index)];
    store(t, out, t.b.add('GatherElements', inputs, { shape: out.shape, type: x.dtype }, { axis }));
  },

  indexSelect(t, x, index, out, axis) {
    const inputs = [t.memory.read(x), t.memory.read(index)];
    store(t, out, t.b.add('Gather', inputs, { shape: out.shape, type: x.dtype }, { axis }));
  },

  scatterAdd(t, out, index, src, axis) {
    const inputs = [out, index, src].map((operand) => t.memory.read(operand));
    store(t, out, scattered(t.b, inputs, axis));
  },

  indexAdd(t, out, index, src, axis) {
    const around = src.shape.map((length, i) => (i === axis ? length : 1));
    const places = t.b.expanded(t.b.reshaped(t.memory.read(index), around), src.shape);
    store(t, out, scattered(t.b, [t.memory.read(out), places, t.memory.read(src)], axis));
  },

  write(t, out, values, offset = 0) {
    const type: ValueType = { shape: out.shape, type: out.dtype };
    const stored = Float64Array.from(values, storedIn[out.dtype]);
    if (stored.length === out.size) {
      const isFilled = stored.length > 0 && stored.every((value) => Object.is(value, stored[0]));
      store(t, out, isFilled ? t.b.filled(stored[0], type) : t.b.values(stored, type));
      return;
    }
    // values that are written piece by piece
    const all = new Float64Array(out.size);
    const { leaf } = offset === 0 ? { leaf: null } : t.memory.read(out).node;
    if (leaf?.kind === 'values') all.set(Float64Array.from(leaf.values));
    all.set(stored, offset);
    store(t, out, t.b.values(all, type));
  },
};

function store({ b, memory }: Tracing, out: Operand, value: Value): void {
  memory.write(out, b.converted(b.expanded(value, out.shape), out.dtype));
}

/** An operand as float32 or int32. */
function numbers({ b, memory }: Tracing, x: Operand): Value {
  return b.converted(memory.read(x), x.dtype === 'float32' ? 'float32' : 'int32');
}

/** The results of a formula before they are reduced or stored, and the type in which it computes. */
function evaluated({ b, memory }: Tracing, f: Formula, operands: Operands, scalars: Scalars) {
  const given = uniformValues(f, scalars);
  const type = arithmeticOf(f, operands, given) === 'int' ? 'int32' : 'float32';
  const decided = f.tests.length > 0 ? decide(f, given) : f;
  const numbers = decided === f ? given : uniformValues(decided, scalars);
  const results = formulaValues(b, decided, {
    type,
    load(name) {
      const value = memory.read(operands[name]);
      const fill = fillOf(value);
      return fill === undefined ? value : b.scalar(fill, value.type);
    },
    uniform: (i) => b.scalar(numbers[i], decided.nodes[i].truth ? 'bool' : type),
  });
  return { results, type } as const;
}

/** A value without a factor of 1, which the mean of single elements has. */
function unscaled(x: Value): Value {
  const [factor, other] = x.node.inputs;
  return x.node.op === 'Mul' && factor && other && scalarOf(factor) === 1 ? other : x;
}

/** A value with its last two axes exchanged. */
function turned(b: GraphBuilder, x: Value): Value {
  const perm = x.shape.map((_, axis) => axis);
  perm.push(...perm.splice(-2).reverse());
  return b.add('Transpose', [x], { shape: perm.map((axis) => x.shape[axis]), type: x.type }, { perm });
}

function scattered(b: GraphBuilder, inputs: readonly Value[], axis: number): Value {
  return b.add('ScatterElements', inputs, inputs[0], { axis, reduction: 'add' });
}
