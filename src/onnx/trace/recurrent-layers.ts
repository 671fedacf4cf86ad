import type { RecurrentWeights } from '../../autograd/ops/recurrent/sequence.js';
import type { Module } from '../../nn/module.js';
import { GRU } from '../../nn/recurrent/gru.js';
import { LSTM } from '../../nn/recurrent/lstm.js';
import { RNN } from '../../nn/recurrent/rnn.js';
import { stridesOf } from '../../tensor/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { type Attributes, fillOf, type Value } from '../graph/value.js';
import { viewed } from '../graph/views.js';
import type { Tracing } from './primitives.js';

/** What a kind of recurrent layer is in ONNX: its operator, and the order of the blocks of rows of its weights there. */
interface Kind {
  readonly op: string;
  readonly blocks: readonly number[];
  readonly attributes: Attributes;
}

function kindOf(module: Module): Kind | null {
  if (runsLayersOf(module, LSTM)) return { op: 'LSTM', blocks: [0, 3, 1, 2], attributes: {} };
  if (runsLayersOf(module, GRU)) return { op: 'GRU', blocks: [1, 0, 2], attributes: { linear_before_reset: 1 } };
  if (!runsLayersOf(module, RNN)) return null;
  const activation = (module as RNN).nonlinearity === 'relu' ? 'Relu' : 'Tanh';
  return { op: 'RNN', blocks: [0], attributes: { activations: [activation] } };
}

/** True unless a subclass computes layers in another way. */
function runsLayersOf(module: Module, type: typeof LSTM | typeof GRU | typeof RNN): boolean {
  return module instanceof type && (module as unknown as Layers).layer === (type.prototype as unknown as Layers).layer;
}

/** The method of recurrent modules that runs one layer in one direction. */
type RunLayer = (
  x: Tensor,
  states: readonly Tensor[],
  weights: RecurrentWeights,
) => readonly [y: Tensor, states: readonly Tensor[]];

/** What recurrent modules have, but do not show. */
interface Layers {
  readonly layer: RunLayer;
}

/**
 * Makes the recurrent layers of a model one operator each for as long as it is traced: the primitives of their steps,
 * which `unobserved` runs, would unroll them. Returns a function that ends this.
 */
export function observeRecurrentLayers(model: Module, t: Tracing, unobserved: <R>(body: () => R) => R): () => void {
  const found = model.modules().flatMap((module) => {
    const kind = kindOf(module);
    return kind ? [{ module: module as unknown as Layers, kind }] : [];
  });
  for (const { module, kind } of found) {
    const layer: RunLayer = (x, states, weights) => {
      const values = { x: t.memory.read(x), states: states.map((state) => t.memory.read(state)) };
      const results = layerValues(t, kind, values, weights);
      const [y, last] = unobserved(() => Object.getPrototypeOf(module).layer.call(module, x, states, weights));
      [y, ...last].forEach((output: Tensor, i) => {
        t.memory.define(output, t.b.reshaped(results[i], output.shape));
      });
      return [y, last];
    };
    Object.defineProperty(module, 'layer', { value: layer, configurable: true });
  }
  return () => {
    for (const { module } of found) Reflect.deleteProperty(module, 'layer');
  };
}

/** The outputs of one layer: all hidden states (T, 1, B, H), and the last states (1, B, H). */
function layerValues(
  { b, memory }: Tracing,
  { op, blocks, attributes }: Kind,
  { x, states }: { readonly x: Value; readonly states: readonly Value[] },
  { weightIh, weightHh, biasIh, biasHh }: RecurrentWeights,
): readonly Value[] {
  const [steps, batch] = x.shape;
  const [, hidden] = weightHh.shape;
  const ordered = (t: Tensor) => inOrder(b, memory.read(t), blocks);
  const stacked = (t: Value) => b.reshaped(t, [1, ...t.shape]);
  const biases = biasIh && biasHh ? [ordered(biasIh), ordered(biasHh)] : [];
  const rows = biases.reduce((sum, bias) => sum + bias.shape[0], 0);
  const bias = rows > 0 ? b.add('Concat', biases, { shape: [rows], type: 'float32' }, { axis: 0 }) : null;
  const starts = states.map((state) => (fillOf(state) === 0 ? null : stacked(state)));
  const inputs = [x, stacked(ordered(weightIh)), stacked(ordered(weightHh)), bias && stacked(bias), null, ...starts];
  const last = { shape: [1, batch, hidden], type: 'float32' } as const;
  const types = [{ shape: [steps, 1, batch, hidden], type: 'float32' } as const, ...states.map(() => last)];
  return b.addAll(op, inputs, types, { hidden_size: hidden, ...attributes });
}

/** The blocks of rows of a weight or bias in another order. */
function inOrder(b: GraphBuilder, w: Value, blocks: readonly number[]): Value {
  if (blocks.length === 1) return w;
  const [rows, ...rest] = w.shape;
  const size = rows / blocks.length;
  const strides = stridesOf(w.shape);
  // adjacent blocks stay together
  const ends = blocks.flatMap((block, i) => (blocks[i + 1] === block + 1 ? [] : [i + 1]));
  const parts = ends.map((end, i) => {
    const begin = ends[i - 1] ?? 0;
    const view = { shape: [(end - begin) * size, ...rest], offset: blocks[begin] * size * strides[0], strides };
    return viewed(b, w, view);
  });
  return b.add('Concat', parts, w, { axis: 0 });
}
