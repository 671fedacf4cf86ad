import { fill, product, type Values } from '../helpers/arbitraries.js';
import { type Attributes, Float, floats, type Graph, longs, node, type Typed } from './files.js';

/** A graph with inputs, whose outputs onnxruntime has computed: see test/onnxruntime. */
export interface OperatorCase {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Typed>>;
}

const cases: OperatorCase[] = [];

/** Adds a case: x and further inputs go into nodes that compute y, and other outputs if listed. */
function add(
  name: string,
  nodes: Graph['nodes'],
  inputs: Readonly<Record<string, Typed>>,
  more: Pick<Graph, 'initializers' | 'opset'> & { readonly outputs?: readonly string[] } = {},
): void {
  cases.push({ name, graph: { nodes, inputs, outputs: ['y'], ...more }, inputs });
}

let seed = 0;
const random = (shape: readonly number[], kind: Values = 'unit'): Typed =>
  floats(shape, fill(kind, product(shape), seed++));

const inf = 2 ** 31 - 1;

// convolution and pooling
const images = random([2, 4, 7, 6]);
const line = random([2, 4, 9]);
const convolutions: Readonly<Record<string, Attributes>> = {
  'pads that differ': { pads: [0, 1, 2, 0], strides: [2, 1] },
  SAME_UPPER: { auto_pad: 'SAME_UPPER', strides: [2, 3] },
  SAME_LOWER: { auto_pad: 'SAME_LOWER', strides: [3, 2] },
  VALID: { auto_pad: 'VALID' },
  'dilations and groups': { dilations: [2, 1], group: 2, pads: [2, 1, 2, 1], kernel_shape: [3, 2] },
};
for (const [name, attributes] of Object.entries(convolutions)) {
  const channels = 'group' in attributes ? 2 : 4;
  const initializers = { w: random([6, channels, 3, 2]), b: random([6]) };
  add(`Conv, ${name}`, [node('Conv', ['x', 'w', 'b'], attributes)], { x: images }, { initializers });
}
const conv1d = { w: random([3, 4, 3]) };
add(
  'Conv, one axis',
  [node('Conv', ['x', 'w'], { pads: [2, 1], strides: [2] })],
  { x: line },
  { initializers: conv1d },
);
const poolings: Readonly<Record<string, Attributes>> = {
  'no strides': { kernel_shape: [2, 3] },
  'pads that differ': { kernel_shape: [3, 2], pads: [2, 0, 1, 1], strides: [2, 2] },
  'even pads': { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] },
  ceil_mode: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  'ceil_mode and pads': { kernel_shape: [2, 3], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
  SAME_UPPER: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' },
};
for (const [name, attributes] of Object.entries(poolings)) {
  add(`MaxPool, ${name}`, [node('MaxPool', ['x'], attributes)], { x: images });
  for (const count_include_pad of [0, 1]) {
    const every = { ...attributes, count_include_pad };
    const what = `AveragePool, ${name}${count_include_pad ? ', count_include_pad' : ''}`;
    add(what, [node('AveragePool', ['x'], every)], { x: images }, { opset: 19 });
  }
}
add('MaxPool, one axis', [node('MaxPool', ['x'], { kernel_shape: [3], strides: [2], pads: [1, 0] })], { x: line });
add('AveragePool, one axis', [node('AveragePool', ['x'], { kernel_shape: [4], pads: [2, 1] })], { x: line });
for (const op of ['GlobalAveragePool', 'GlobalMaxPool']) {
  add(op, [node(op, ['x'])], { x: images });
  add(`${op}, one axis`, [node(op, ['x'])], { x: line });
}

// products and normalisation
const matrix = random([3, 4]);
for (const [name, attributes, a, b, c] of [
  ['Gemm', {}, [3, 4], [4, 5], null],
  ['Gemm, bias', { transB: 1 }, [3, 4], [5, 4], [5]],
  ['Gemm, factors', { transA: 1, alpha: new Float(0.5), beta: new Float(-2) }, [4, 3], [4, 5], [3, 1]],
  ['Gemm, transposed', { transA: 1, transB: 1 }, [4, 3], [5, 4], []],
] as const) {
  const initializers = { b: random(b), ...(c && { c: random(c) }) };
  add(name, [node('Gemm', ['x', 'b', ...(c ? ['c'] : [])], attributes)], { x: random(a) }, { initializers });
}
add('MatMul', [node('MatMul', ['x', 'b'])], { x: random([2, 1, 3, 4]), b: random([5, 4, 2]) });
add('MatMul, vectors', [node('MatMul', ['x', 'b'])], { x: random([4]), b: random([5, 4, 2]) });
const four = (kind: Values = 'unit') => random([4], kind);
const norm = { scale: four(), bias: four(), mean: four(), var: four('positive') };
const normInputs = ['x', ...Object.keys(norm)];
add(
  'BatchNormalization',
  [node('BatchNormalization', normInputs, { epsilon: new Float(0.01) })],
  { x: images },
  { initializers: norm },
);
add('BatchNormalization, two axes', [node('BatchNormalization', normInputs)], { x: matrix }, { initializers: norm });
add(
  'LayerNormalization',
  [node('LayerNormalization', ['x', 'w', 'b'])],
  { x: images },
  { initializers: { w: random([6]), b: random([6]) } },
);
add(
  'LayerNormalization, axis',
  [node('LayerNormalization', ['x', 'w'], { axis: 2, epsilon: new Float(0.1) })],
  { x: images },
  { initializers: { w: random([7, 6]) } },
);

// functions
const any = random([3, 4], 'lattice');
const positive = random([3, 4], 'positive');
for (const op of [
  'Abs',
  'Ceil',
  'Cos',
  'Erf',
  'Exp',
  'Floor',
  'HardSwish',
  'Neg',
  'Relu',
  'Round',
  'Sigmoid',
  'Sin',
  'Softplus',
  'Tanh',
  'Identity',
]) {
  add(op, [node(op, ['x'])], { x: any });
}
for (const op of ['Log', 'Sqrt', 'Reciprocal']) add(op, [node(op, ['x'])], { x: positive });
for (const op of ['Elu', 'LeakyRelu', 'HardSigmoid']) {
  add(op, [node(op, ['x'])], { x: any });
  add(`${op}, alpha`, [node(op, ['x'], { alpha: new Float(0.3) })], { x: any });
}
add('HardSigmoid, beta', [node('HardSigmoid', ['x'], { beta: new Float(0.2) })], { x: any });
add('Gelu', [node('Gelu', ['x'])], { x: any }, { opset: 20 });
for (const op of ['Softmax', 'LogSoftmax']) {
  for (const [opset, axis] of [
    [11, 1],
    [11, 0],
    [13, 1],
    [13, -1],
  ]) {
    add(`${op}, axis ${axis} in version ${opset}`, [node(op, ['x'], { axis })], { x: random([2, 3, 4]) }, { opset });
  }
  add(`${op}, without an axis`, [node(op, ['x'])], { x: random([2, 3, 4]) });
  add(`${op}, without an axis in version 11`, [node(op, ['x'])], { x: random([2, 3, 4]) }, { opset: 11 });
}
const limits = { low: floats([], [-0.5]), high: floats([], [1.5]) };
add('Clip', [node('Clip', ['x', 'low', 'high'])], { x: any }, { initializers: limits });
add('Clip, from above', [node('Clip', ['x', '', 'high'])], { x: any }, { initializers: { high: limits.high } });
add('Clip, no limits', [node('Clip', ['x'])], { x: any });
add('Dropout', [node('Dropout', ['x'])], { x: any });

// arithmetic and comparisons
const row = random([4], 'lattice');
const column = random([3, 1], 'lattice');
for (const op of ['Add', 'Sub', 'Mul', 'Div'])
  add(op, [node(op, ['x', 'b'])], { x: row, b: random([3, 1], 'positive') });
for (const op of ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual']) {
  add(op, [node(op, ['x', 'b'])], { x: random([30], 'halves'), b: random([30], 'halves') });
}
add('Pow', [node('Pow', ['x', 'b'])], { x: positive, b: row });
add('Pow, a square', [node('Pow', ['x', 'two'])], { x: any }, { initializers: { two: floats([], [2]) } });
for (const op of ['Max', 'Min', 'Sum']) {
  add(op, [node(op, ['x', 'b', 'c'])], { x: row, b: column, c: random([3, 4], 'lattice') });
  add(`${op} of one`, [node(op, ['x'])], { x: row });
}
const bits = (shape: readonly number[]): Typed => ({
  type: 'bool',
  shape,
  values: fill('bit', product(shape), seed++),
});
const ints = (type: 'int32' | 'int64', shape: readonly number[]): Typed => ({
  type,
  shape,
  values: fill('small', product(shape), seed++),
});
add('And', [node('And', ['x', 'b'])], { x: bits([4]), b: bits([3, 1]) });
add('Or', [node('Or', ['x', 'b'])], { x: bits([4]), b: bits([3, 1]) });
add('Not', [node('Not', ['x'])], { x: bits([9]) });
add('Where', [node('Where', ['x', 'a', 'b'])], { x: bits([3, 1]), a: row, b: column });
add('Div of integers', [node('Div', ['x', 'b'])], {
  x: ints('int32', [20]),
  b: { type: 'int32', shape: [], values: [4] },
});
add('Mul of integers', [node('Mul', ['x', 'b'])], { x: ints('int64', [4]), b: ints('int64', [3, 1]) });
for (const [to, number] of Object.entries({ float32: 1, int32: 6, bool: 9, float64: 11 })) {
  add(`Cast to ${to}`, [node('Cast', ['x'], { to: number }, ['z']), node('Cast', ['z'], { to: 1 })], { x: any });
}

// reductions
const cube = random([2, 3, 4]);
for (const op of ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceLogSumExp']) {
  const isSum = op === 'ReduceSum';
  const axes = { axes: longs([0, -1]) };
  add(`${op} of all`, [node(op, ['x'], { keepdims: 0 })], { x: cube }, { opset: 13 });
  if (!isSum) add(`${op}, attribute`, [node(op, ['x'], { axes: [-2] })], { x: cube }, { opset: 13 });
  add(`${op}, input`, [node(op, ['x', 'axes'], { keepdims: 0 })], { x: cube }, { initializers: axes, opset: 18 });
  add(`${op}, no axes`, [node(op, ['x'], { noop_with_empty_axes: 1 })], { x: cube }, { opset: 18 });
}
add('ReduceSum, attribute', [node('ReduceSum', ['x'], { axes: [1], keepdims: 0 })], { x: cube }, { opset: 11 });
add('ArgMax', [node('ArgMax', ['x'], { axis: -2 })], { x: cube });
add('ArgMin, without its axis', [node('ArgMin', ['x'], { keepdims: 0 })], { x: cube });
const one = { axis: longs([1], []) };
add('CumSum', [node('CumSum', ['x', 'axis'])], { x: cube }, { initializers: one });
add('CumSum, reverse', [node('CumSum', ['x', 'axis'], { reverse: 1 })], { x: cube }, { initializers: one });

// shapes and parts
const shaped = (op: string, lengths: readonly number[], attributes = {}) =>
  add(`${op} ${lengths}`, [node(op, ['x', 's'], attributes)], { x: cube }, { initializers: { s: longs(lengths) } });
shaped('Reshape', [4, -1]);
shaped('Reshape', [0, -1, 2]);
shaped('Expand', [5, 1, 1, 1]);
shaped('Expand', [2, 1, 4]);
shaped('Tile', [1, 3, 2]);
for (const axis of [0, 2, 3, -1]) add(`Flatten ${axis}`, [node('Flatten', ['x'], { axis })], { x: cube });
add('Transpose', [node('Transpose', ['x'])], { x: cube });
add('Transpose, perm', [node('Transpose', ['x'], { perm: [1, 2, 0] })], { x: cube });
const thin = random([1, 3, 1, 2]);
add('Squeeze', [node('Squeeze', ['x'])], { x: thin });
add('Squeeze, input', [node('Squeeze', ['x', 's'])], { x: thin }, { initializers: { s: longs([-2]) } });
add('Squeeze, attribute', [node('Squeeze', ['x'], { axes: [0, 2] })], { x: thin }, { opset: 11 });
add('Unsqueeze', [node('Unsqueeze', ['x', 's'])], { x: cube }, { initializers: { s: longs([-1, 1]) } });
add('Unsqueeze, attribute', [node('Unsqueeze', ['x'], { axes: [0, 4] })], { x: cube }, { opset: 11 });
add('Concat', [node('Concat', ['x', 'b', 'x'], { axis: -2 })], { x: cube, b: random([2, 1, 4]) });
const three = ['y', 'z', 'w'];
const parts = { outputs: three };
add('Split', [node('Split', ['x'], { axis: 1 }, three)], { x: cube }, parts);
add(
  'Split, sizes',
  [node('Split', ['x', 's'], { axis: 2 }, three)],
  { x: cube },
  { ...parts, initializers: { s: longs([1, 0, 3]) } },
);
add(
  'Split, attribute',
  [node('Split', ['x'], { axis: -1, split: [1, 2, 1] }, three)],
  { x: cube },
  { ...parts, opset: 11 },
);
add(
  'Split, uneven',
  [node('Split', ['x'], { axis: 2, num_outputs: 3 }, three)],
  { x: random([2, 3, 7]) },
  { ...parts, opset: 18 },
);
for (const [starts, ends, axes, steps] of [
  [[1], [inf], [1], [1]],
  [
    [-1, 0],
    [-inf, inf],
    [2, 1],
    [-1, 2],
  ],
  [[inf], [-inf], [0], [-1]],
  [
    [-3, 5],
    [-1, 9],
    [-1, 0],
    [1, 1],
  ],
  [[3], [0], [-1], [-2]],
]) {
  const initializers = { s: longs(starts), e: longs(ends), a: longs(axes), t: longs(steps) };
  add(
    `Slice ${starts} ${ends} ${axes} ${steps}`,
    [node('Slice', ['x', 's', 'e', 'a', 't'])],
    { x: cube },
    { initializers },
  );
}
add(
  'Slice, first axes',
  [node('Slice', ['x', 's', 'e'])],
  { x: cube },
  { initializers: { s: longs([0, 1]), e: longs([1, -1]) } },
);
const pads = { p: longs([1, 0, 2, 0, 1, 0]), v: floats([], [0.5]) };
add('Pad', [node('Pad', ['x', 'p'])], { x: cube }, { initializers: { p: pads.p } });
add('Pad, value', [node('Pad', ['x', 'p', 'v'])], { x: cube }, { initializers: pads });
const axesOfPad = { p: longs([1, 2]), v: pads.v, a: longs([-1]) };
add('Pad, axes', [node('Pad', ['x', 'p', 'v', 'a'])], { x: cube }, { initializers: axesOfPad, opset: 18 });
for (const upper of [0, 1]) {
  add(`Trilu ${upper}`, [node('Trilu', ['x'], { upper })], { x: cube });
  for (const k of [-1, 2]) {
    add(
      `Trilu ${upper}, ${k}`,
      [node('Trilu', ['x', 'k'], { upper })],
      { x: cube },
      { initializers: { k: longs([k], []) } },
    );
  }
}

// indices
for (const [name, axis, values, shape] of [
  ['Gather', 0, [1, -1, 0], [3]],
  ['Gather, two axes', 1, [0, -3, 2, 1], [2, 2]],
  ['Gather, scalar', -1, [-2], []],
] as const) {
  add(name, [node('Gather', ['x', 'i'], { axis })], { x: cube, i: longs(values, shape) });
}
add('GatherElements', [node('GatherElements', ['x', 'i'], { axis: 1 })], {
  x: cube,
  i: longs([0, -1, 2, 1], [1, 1, 4]),
});
add('ScatterElements', [node('ScatterElements', ['x', 'i', 'u'], { axis: -1, reduction: 'add' })], {
  x: cube,
  i: longs([0, -1, 0], [1, 1, 3]),
  u: random([1, 1, 3]),
});

// constants and shapes
const constants: Readonly<Record<string, Attributes>> = {
  value: { value: floats([2, 1], [1, 2]) },
  value_float: { value_float: new Float(1.5) },
};
for (const [name, attributes] of Object.entries(constants)) {
  add(`Constant, ${name}`, [node('Constant', [], attributes, ['c']), node('Add', ['x', 'c'])], { x: row });
}
const asFloats = node('Cast', ['z'], { to: 1 });
add('Constant, value_ints', [node('Constant', [], { value_ints: [0, -1] }, ['c']), node('Reshape', ['x', 'c'])], {
  x: cube,
});
add('Constant, value_int', [node('Constant', [], { value_int: 1 }, ['c']), node('Gather', ['x', 'c'])], { x: cube });
add('Shape', [node('Shape', ['x'], {}, ['z']), asFloats], { x: cube });
add('Shape, a part', [node('Shape', ['x'], { start: -2, end: 2 }, ['z']), asFloats], { x: cube });
add('Size', [node('Size', ['x'], {}, ['z']), asFloats], { x: cube });
add(
  'ConstantOfShape',
  [node('ConstantOfShape', ['s'], {}, ['z']), node('Add', ['x', 'z'])],
  { x: cube },
  { initializers: { s: longs([3, 1]) } },
);
add(
  'ConstantOfShape, value',
  [node('ConstantOfShape', ['s'], { value: floats([1], [2.5]) }, ['z']), node('Mul', ['x', 'z'])],
  { x: cube },
  { initializers: { s: longs([4]) } },
);
const range = { start: longs([2], []), limit: longs([9], []), step: longs([3], []) };
add(
  'Range',
  [node('Range', Object.keys(range), {}, ['z']), node('Cast', ['z'], { to: 1 }, ['w']), node('Mul', ['x', 'w'])],
  { x: column },
  { initializers: range },
);
add(
  'a shape that is computed',
  [
    node('Shape', ['x'], {}, ['shape']),
    node('Gather', ['shape', 'zero'], {}, ['n']),
    node('Mul', ['n', 'two'], {}, ['m']),
    node('Unsqueeze', ['m', 'axis'], {}, ['first']),
    node('Concat', ['first', 'rest'], { axis: 0 }, ['s']),
    node('Reshape', ['x', 's']),
  ],
  { x: cube },
  { initializers: { zero: longs([0], []), two: longs([2], []), axis: longs([0]), rest: longs([-1]) } },
);

// recurrent layers
const sequence = random([4, 2, 3]);
const gateCounts = { LSTM: 4, GRU: 3, RNN: 1 };
for (const [op, gates] of Object.entries(gateCounts)) {
  for (const direction of ['forward', 'reverse', 'bidirectional']) {
    const ways = direction === 'bidirectional' ? 2 : 1;
    const hidden = 5;
    const weights = { w: random([ways, gates * hidden, 3]), r: random([ways, gates * hidden, hidden]) };
    const states = { h: random([ways, 2, hidden]), ...(op === 'LSTM' && { c: random([ways, 2, hidden]) }) };
    const attributes = { direction, hidden_size: hidden, ...(op === 'GRU' && { linear_before_reset: 1 }) };
    const outputs = ['y', 'yh', ...(op === 'LSTM' ? ['yc'] : [])];
    const whole = { ...weights, b: random([ways, 2 * gates * hidden]), ...states };
    const inputs = ['x', 'w', 'r', 'b', '', ...Object.keys(states)];
    add(
      `${op}, ${direction}`,
      [node(op, inputs, attributes, outputs)],
      { x: sequence },
      { initializers: whole, outputs },
    );
    add(
      `${op}, ${direction}, without bias and state`,
      [node(op, ['x', 'w', 'r'], attributes, ['', 'y'])],
      { x: sequence },
      { initializers: weights },
    );
  }
}
add(
  'RNN with Relu',
  [node('RNN', ['x', 'w', 'r'], { hidden_size: 2, activations: ['Relu'] })],
  { x: sequence },
  { initializers: { w: random([1, 2, 3]), r: random([1, 2, 2]) } },
);

/** Every operator, in the forms in which files of different exporters and versions have it. */
export const operatorCases: readonly OperatorCase[] = cases;
