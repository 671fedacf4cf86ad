import '../helpers/reference.js';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { backward } from '../../src/autograd/backward.js';
import { gradOf } from '../../src/autograd/graph.js';
import { add, mul } from '../../src/autograd/ops/math/arithmetic.js';
import { sum } from '../../src/autograd/ops/math/reduction.js';
import type { Parameter } from '../../src/autograd/parameter.js';
import { CpuBackend } from '../../src/backends/cpu/backend.js';
import { ValueError } from '../../src/errors.js';
import * as nn from '../../src/nn/index.js';
import { registerBackend, setDevice } from '../../src/tensor/device.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { layers, models, type Row } from './rows.js';

registerBackend('cpu', () => new CpuBackend());

const all = Object.entries({ ...layers, ...models });
const withInputs = all.filter(([, row]) => row.inputs);

const valuesOf = (module: nn.Module) => [...module.stateDict()].map(([name, t]) => [name, t.shape, [...t.dataSync()]]);

/** The outputs of forward as a list. */
function run(module: nn.Module, { inputs }: Row): Tensor[] {
  const forward = module.forward.bind(module) as (...args: Tensor[]) => unknown;
  return [forward(...(inputs?.() ?? []))].flat(2) as Tensor[];
}

describe('the rows', () => {
  it('include each module that nn exports', () => {
    const made = Object.entries<unknown>(nn).filter(
      ([name, value]) => typeof value === 'function' && value.prototype instanceof nn.Module && name !== 'Module',
    );
    expect(made.map(([name]) => name).sort()).toEqual(Object.keys(layers).sort());
    expect(Object.keys(nn.models).sort()).toEqual(Object.keys(models).sort());
  });
});

describe('every module', () => {
  it.each(all.filter(([, { options }]) => options !== false))('%s rejects an unknown option', (_, row) => {
    const act = () => row.make({ biass: true });
    expect(act).toThrow(ValueError);
    expect(act).toThrow(/^\w+: expected options among [\w, ]+, got 'biass'$/);
  });

  it.each(all)('%s prints its name and its arguments', (name, { make }) => {
    const text = String(make());
    if (name in layers) expect(text).toMatch(new RegExp(`^${name}\\(`));
    expect(text).not.toMatch(/undefined|NaN|\[object|Tensor/);
  });

  it.each(all)('%s loads the state of another one without sharing memory', (_, { make }) => {
    manualSeed(1);
    const [from, to] = [make(), make()];
    const before = valuesOf(from);
    expect(to.loadStateDict(from.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(valuesOf(to)).toEqual(before);
    for (const p of to.parameters()) nn.init.constant(p, 7);
    expect(valuesOf(from)).toEqual(before);
  });

  it.each(all)('%s switches to evaluation and back as a whole', (_, { make }) => {
    const module = make();
    expect(module.modules().every((m) => m.training)).toBe(true);
    expect(
      module
        .eval()
        .modules()
        .some((m) => m.training),
    ).toBe(false);
    expect(
      module
        .train()
        .modules()
        .every((m) => m.training),
    ).toBe(true);
  });

  it.each(withInputs)('%s returns the same each time in evaluation, in a scope that frees it', (_, row) => {
    manualSeed(2);
    const module = row.make().eval();
    const before = memory().bytes;
    const [first, second] = [1, 2].map(() => {
      manualSeed(3);
      return scope(() => run(module, row).map((t) => [...t.dataSync()]));
    });
    expect(second).toEqual(first);
    expect(memory().bytes).toBe(before);
  });

  it.each(withInputs)('%s passes a gradient to each of its parameters', (_, row) => {
    manualSeed(4);
    const module = row.make();
    scope(() => {
      const losses = run(module, row).map((y) => sum(mul(y, y)));
      if (module.parameters().length > 0) backward(losses.reduce((a, b) => add(a, b)));
    });
    expect([...module.namedParameters()].filter(([, p]) => gradOf(p) === null).map(([name]) => name)).toEqual([]);
  });

  it.each(all)('%s moves to another device and back', async (_, { make }) => {
    const module = make();
    // reference computes in float64
    for (const p of module.parameters()) nn.init.constant(p, 0.125);
    const before = valuesOf(module);
    await module.to('cpu');
    expect([...module.stateDict().values()].every((t) => t.device === 'cpu')).toBe(true);
    expect(valuesOf(module)).toEqual(before);
    await module.to('reference');
    expect([...module.stateDict().values()].every((t) => t.device === 'reference')).toBe(true);
  });

  it.each(all)('%s outlives the scope that made it, and dispose frees all its memory', (_, { make }) => {
    setDevice('reference');
    const before = memory();
    const module = scope(() => make());
    expect([...module.parameters(), ...module.buffers()].some((t) => t.released)).toBe(false);
    module.dispose();
    expect(memory()).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });
});

describe('the types of layers', () => {
  it('state which parameters and buffers exist', () => {
    const bias = (Math.random() < 2) as boolean;
    expectTypeOf(new nn.Linear(3, 2).bias).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.Linear(3, 2, {}).bias).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.Linear(3, 2, { bias: true }).bias).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.Linear(3, 2, { bias: false }).bias).toEqualTypeOf<null>();
    expectTypeOf(new nn.Linear(3, 2, { bias }).bias).toEqualTypeOf<Parameter | null>();
    expectTypeOf(new nn.Conv2d(3, 2, 1, { stride: 2 }).bias).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.Conv2d(3, 2, 1, { bias: false }).bias).toEqualTypeOf<null>();
    expectTypeOf(new nn.LayerNorm(3).weight).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.LayerNorm(3, { bias: false }).weight).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.LayerNorm(3, { bias: false }).bias).toEqualTypeOf<null>();
    expectTypeOf(new nn.LayerNorm(3, { elementwiseAffine: false }).weight).toEqualTypeOf<null>();
    expectTypeOf(new nn.LayerNorm(3, { elementwiseAffine: false }).bias).toEqualTypeOf<null>();
    expectTypeOf(new nn.BatchNorm2d(3).weight).toEqualTypeOf<Parameter>();
    expectTypeOf(new nn.BatchNorm2d(3).runningMean).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.BatchNorm1d(3, { affine: false }).bias).toEqualTypeOf<null>();
    expectTypeOf(new nn.BatchNorm1d(3, { affine: false }).runningVar).toEqualTypeOf<Tensor>();
    expectTypeOf(new nn.BatchNorm1d(3, { trackRunningStats: false }).numBatchesTracked).toEqualTypeOf<null>();
    // a field declared without type arguments is a layer with a bias
    expectTypeOf<nn.Linear>().toEqualTypeOf<nn.Linear<true>>();
  });

  it('are correct at run time', () => {
    for (const bias of [true, false]) {
      expect(new nn.Linear(3, 2, { bias }).bias === null).toBe(!bias);
      expect(new nn.Conv2d(3, 2, 1, { bias }).bias === null).toBe(!bias);
      const norm = new nn.LayerNorm(3, { bias });
      expect([norm.weight === null, norm.bias === null]).toEqual([false, !bias]);
      const batch = new nn.BatchNorm2d(3, { affine: bias, trackRunningStats: !bias });
      const parts = [batch.weight, batch.bias, batch.runningMean, batch.runningVar, batch.numBatchesTracked];
      expect(parts.map((t) => t !== null)).toEqual([bias, bias, !bias, !bias, !bias]);
    }
  });
});
