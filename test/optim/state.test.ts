import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { memory } from '../../src/tensor/memory/storage.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { close } from '../helpers/close.js';
import { optionsOf, vector } from './arbitrary.js';
import { devices, follow, parameter, valuesOf } from './helpers.js';
import { kinds } from './kinds.js';

/** Gradients of 7 steps on parameters with 3 and 2 elements; the second has none in the third step. */
const gradients = Array.from({ length: 7 }, (_, t) => [
  [0, 1, 2].map((i) => Math.sin(t + i)),
  t === 2 ? null : [0, 1].map((i) => Math.cos(t + i)),
]);

const make = (device = 'reference') => [parameter([1, 2, 3], { device }), parameter([4, 5], { device })];

/** Returns a copy of the state that later steps do not change. */
function snapshot(optimizer: optim.Optimizer): unknown {
  const { state, ...rest } = optimizer.stateDict();
  const plain = (slots: Readonly<Record<string, Tensor | number>>) =>
    Object.entries(slots).map(([name, value]) => [name, typeof value === 'number' ? value : valuesOf(value)]);
  return structuredClone({ ...rest, state: Object.entries(state).map(([i, slots]) => [i, plain(slots)]) });
}

describe.each(devices)('the state of an optimizer on %s', (device) => {
  /** The gradients of two parameters in one step; some are missing. */
  const row = fc.tuple(fc.option(vector(3), { freq: 6 }), fc.option(vector(2), { freq: 6 }));
  const rows = fc.array(row, { minLength: 1, maxLength: 10 });

  it.each(optim.names)('continues bit for bit after saving and loading: %s', (name) => {
    const copies = (params: readonly Tensor[]) => params.map((p) => parameter(valuesOf(p), { device }));
    fc.assert(
      fc.property(optionsOf(name), rows, rows, fc.nat(10), (options, steps, others, at) => {
        const cut = Math.min(at, steps.length);
        const whole = make(device);
        const path = follow(optim.create(name, whole, options), whole, steps);
        const before = make(device);
        const stopped = optim.create(name, before, options);
        follow(stopped, before, steps.slice(0, cut));
        // another rate, other parameters and other steps; loading replaces everything except the parameters
        const elsewhere = make(device);
        const resumed = optim.create(name, elsewhere, { ...options, lr: 7 });
        follow(resumed, elsewhere, others);
        const values = copies(before);
        resumed.loadStateDict(stopped.stateDict());
        elsewhere.forEach((p, i) => {
          p.assign(values[i]);
        });
        expect(snapshot(resumed)).toEqual(snapshot(stopped));
        stopped.dispose();
        expect(follow(resumed, elsewhere, steps.slice(cut))).toEqual(path.slice(cut));
      }),
    );
  });

  describe.each(kinds)('$name $options', ({ name, options: rule, slots }) => {
    const options = { lr: 0.1, weightDecay: 0.1, ...rule };

    it('has the layout of PyTorch', () => {
      const params = make(device);
      const optimizer = optim.create(name, [{ params: [params[0]] }, { params: [params[1]], lr: 0.5 }], options);
      follow(optimizer, params, gradients.slice(0, 3));
      const { state, paramGroups } = optimizer.stateDict();
      expect(Object.keys(state)).toEqual(['0', '1']);
      expect([state[0].step, state[1].step]).toEqual([3, 2]);
      expect(Object.keys(state[0]).sort()).toEqual([...slots, 'step'].sort());
      expect(paramGroups.map((group) => group.params)).toEqual([[0], [1]]);
      expect(paramGroups[1]).toEqual({ ...optim.defaults(name), ...options, lr: 0.5, initialLr: 0.5, params: [1] });
    });

    it('is loaded into a fresh optimizer and back into itself', () => {
      const params = make(device);
      const optimizer = optim.create(name, params, options);
      follow(optimizer, params, gradients.slice(0, 3));
      const before = snapshot(optimizer);
      optimizer.loadStateDict(optimizer.stateDict());
      expect(snapshot(optimizer)).toEqual(before);
      const fresh = optim.create(name, make(device), options);
      fresh.loadStateDict(optimizer.stateDict());
      expect(snapshot(fresh)).toEqual(before);
      optimizer.loadStateDict(optim.create(name, make(device), options).stateDict());
      expect(optimizer.stateDict().state).toEqual({});
    });
  });
});

describe('loadStateDict', () => {
  const trained = (name: optim.OptimizerName, params = make(), options: Record<string, unknown> = { lr: 0.1 }) => {
    const optimizer = optim.create(name, params, options);
    const steps = gradients.slice(0, 2).map((row) => params.map((p, i) => row[i]?.slice(0, p.size) ?? null));
    follow(optimizer, params, steps);
    return optimizer;
  };
  const good = () => trained('adam').stateDict();
  const withSlot = (index: number, slots: Record<string, unknown>) => {
    const dict = good();
    const entry = { ...dict.state[index], ...slots } as optim.SavedParamState;
    return { ...dict, state: { ...dict.state, [index]: entry } };
  };
  const withGroup = (options: Record<string, unknown>) => {
    const dict = good();
    return { ...dict, paramGroups: [{ ...dict.paramGroups[0], ...options }] };
  };
  const bad: Record<string, () => [unknown, RegExp]> = {
    'another optimizer': () => [
      trained('amsgrad').stateDict(),
      /Adam.loadStateDict: expected the state of Adam, got that of AMSGrad/,
    ],
    'other groups': () => [
      trained('adam', make().slice(0, 1)).stateDict(),
      /expected groups of 2 parameters, got groups of 1 parameters/,
    ],
    'other shapes': () => [
      trained('adam', [parameter([1, 2, 3]), parameter([4])]).stateDict(),
      /parameter 1.m: expected shape \(2\), got \(1\)/,
    ],
    'a missing slot': () => {
      const { v: _, ...slots } = good().state[1];
      const dict = good();
      return [{ ...dict, state: { ...dict.state, 1: slots } }, /parameter 1: expected the slots m, v, got the slots m/];
    },
    'an extra slot': () => [withSlot(1, { w: parameter([1, 1]) }), /expected the slots m, v, got the slots m, v, w/],
    'a slot that is not a tensor': () => [withSlot(1, { v: [1, 2] }), /parameter 1.v: expected a tensor, got \[1, 2\]/],
    'no step count': () => [withSlot(1, { step: 0.5 }), /expected an integer >= 1 as step, got 0.5/],
    'a parameter outside the groups': () => [
      withSlot(9, { step: 1 }),
      /only for parameters of the groups, got parameter 9/,
    ],
    'an unknown option': () => [withGroup({ nesterov: 1 }), /expected options among lr, .*, got 'nesterov'/],
    'a bad option': () => [withGroup({ eps: 0 }), /expected option eps > 0, got 0/],
    'a bad initial rate': () => [withGroup({ initialLr: 'x' }), /expected option initialLr >= 0, got 'x'/],
    'no state of parameters': () => [{ ...good(), state: null }, /expected \{ optimizer, state, .* got an object/],
    'a parameter without state': () => [
      { ...good(), state: { 0: null } },
      /expected \{ step, ... \} of parameter 0, got null/,
    ],
    'a group that is null': () => [
      { ...good(), paramGroups: [null] },
      /expected groups \{ params, ...options \} with a list of numbers, got null/,
    ],
    'a group without parameters': () => [
      { ...good(), paramGroups: [{ lr: 1 }] },
      /expected groups \{ params, ...options \} with a list of numbers, got an object/,
    ],
    'a parameter twice': () => [
      withGroup({ params: [0, 0] }),
      /expected groups that list each parameter once, by an integer, got \[0, 0\]/,
    ],
    'no state at all': () => [{}, /expected \{ optimizer, state, paramGroups \}, got an object/],
    nothing: () => [undefined, /expected \{ optimizer, state, paramGroups \}, got undefined/],
  };

  it.each(Object.keys(bad))('refuses %s and changes nothing', (name) => {
    const optimizer = trained('adam', make(), { lr: 0.3 });
    const before = snapshot(optimizer);
    const [dict, message] = bad[name]();
    expect(() => optimizer.loadStateDict(dict as optim.OptimizerStateDict)).toThrow(message);
    expect(snapshot(optimizer)).toEqual(before);
  });

  it('frees the memory allocated for slots before it refuses a state', () => {
    const fresh = optim.create('adam', make(), {});
    const dict = withSlot(1, { v: parameter([1, 2, 3]) });
    const { bytes, tensors } = memory('reference');
    expect(() => fresh.loadStateDict(dict)).toThrow(/parameter 1.v: expected shape \(2\), got \(3\)/);
    expect(memory('reference')).toMatchObject({ bytes, tensors });
  });

  it('accepts a state from another device', () => {
    const [from, to] = [make('reference'), make('cpu')];
    const steps = gradients.slice(0, 3);
    const source = optim.create('pnm', from, { lr: 0.5 });
    follow(source, from, steps);
    const target = optim.create('pnm', to, { lr: 0.5 });
    target.loadStateDict(source.stateDict());
    const { state } = target.stateDict();
    expect([state[0].step, state[1].step]).toEqual([3, 2]);
    const pos = state[0].pos as Tensor;
    expect(pos.device).toBe('cpu');
    close(valuesOf(pos), valuesOf(source.stateDict().state[0].pos as Tensor), 1e-6);
  });
});
