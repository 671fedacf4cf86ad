import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AntinodeError, ShapeError, ValueError } from '../../src/errors.js';
import { ExponentialMovingAverage } from '../../src/optim/index.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { close } from '../helpers/close.js';
import { collectGarbage } from '../helpers/garbage.js';
import { between, vector } from './arbitrary.js';
import { devices, parameter, valuesOf } from './helpers.js';

const path = fc.array(vector(3), { minLength: 1, maxLength: 10 });
const decays = between(0, 0.999);

describe.each(devices)('ExponentialMovingAverage on %s', (device) => {
  /** Moves a parameter along a path, and returns the average after each step. */
  const along = (ema: ExponentialMovingAverage, p: ReturnType<typeof parameter>, steps: readonly number[][]) =>
    steps.map((values) => {
      p.assign(parameter(values, { device }));
      ema.update();
      return valuesOf(ema.averages[0]);
    });

  it('is the weighted sum of all weights: decay^t theta_0 + (1 - decay) sum decay^(t - k) theta_k', () => {
    fc.assert(
      fc.property(vector(3), path, decays, (start, steps, decay) => {
        const p = parameter(start, { device });
        const averages = along(new ExponentialMovingAverage([p], { decay }), p, steps);
        const t = steps.length;
        const sum = start.map((x, i) =>
          steps.reduce((total, theta, k) => total + (1 - decay) * decay ** (t - 1 - k) * theta[i], decay ** t * x),
        );
        close(averages[t - 1], sum, 1e-5, 1e-5);
      }),
    );
  });

  it('keeps min(decay, (1 + t) / (10 + t)) while it warms up', () => {
    const p = parameter([0], { device });
    const averages = along(new ExponentialMovingAverage([p], { decay: 0.25, warmup: true }), p, [[1], [1], [1]]);
    const kept = [2 / 11, 3 / 12, 0.25];
    const expected: number[] = [];
    for (const decay of kept) expected.push(1 - decay * (1 - (expected.at(-1) ?? 0)));
    close(averages.flat(), expected, 1e-6);
  });

  it('reproduces weights that do not change exactly', () => {
    fc.assert(
      fc.property(vector(3), decays, (values, decay) => {
        const p = parameter(values, { device });
        expect(along(new ExponentialMovingAverage([p], { decay }), p, [values, values])[1]).toEqual(valuesOf(p));
      }),
    );
  });

  it('continues bit for bit from its state', () => {
    fc.assert(
      fc.property(vector(3), path, fc.nat(10), decays, fc.boolean(), (start, steps, at, decay, warmup) => {
        const cut = Math.min(at, steps.length);
        const [p, q] = [parameter(start, { device }), parameter(start, { device })];
        const whole = along(new ExponentialMovingAverage([p], { decay, warmup }), p, steps);
        const stopped = new ExponentialMovingAverage([q], { decay, warmup });
        along(stopped, q, steps.slice(0, cut));
        const resumed = new ExponentialMovingAverage([q]);
        resumed.loadStateDict(stopped.stateDict());
        stopped.dispose();
        expect(resumed.updates).toBe(cut);
        expect(along(resumed, q, steps.slice(cut))).toEqual(whole.slice(cut));
      }),
    );
  });

  it('puts its averages in place of the parameters while apply runs', async () => {
    const p = parameter([0, 2], { device });
    const ema = new ExponentialMovingAverage([p], { decay: 0.5 });
    p.assign(parameter([1, 0.1], { device }));
    ema.update();
    const raw = valuesOf(p);
    const averages = valuesOf(ema.averages[0]);
    await collectGarbage();
    const { bytes, tensors } = memory(device);
    expect(ema.apply(() => valuesOf(p))).toEqual(averages);
    expect(valuesOf(p)).toEqual(raw);
    const late = ema.apply(async () => {
      await new Promise((done) => setTimeout(done, 1));
      return valuesOf(p);
    });
    expect(() => ema.update()).toThrow(AntinodeError);
    expect(() => ema.apply(() => 0)).toThrow(
      /^ExponentialMovingAverage.apply: expected a call outside apply, got a call inside it$/,
    );
    expect(await late).toEqual(averages);
    expect(valuesOf(p)).toEqual(raw);
    const failing = () => {
      throw new RangeError('stop');
    };
    expect(() => ema.apply(failing)).toThrow(RangeError);
    await expect(ema.apply(async () => failing())).rejects.toThrow(RangeError);
    expect(valuesOf(p)).toEqual(raw);
    expect(memory(device)).toMatchObject({ bytes, tensors });
  });

  it('copies its averages into its own parameters or those of another model', () => {
    const [p, q] = [parameter([0, 2], { device }), parameter([5, 5], { device })];
    const ema = new ExponentialMovingAverage([p], { decay: 0.5 });
    p.assign(parameter([1, 1], { device }));
    ema.update();
    ema.copyTo([q]);
    expect([p, q].map(valuesOf)).toEqual([
      [1, 1],
      [0.5, 1.5],
    ]);
    ema.copyTo();
    expect(valuesOf(p)).toEqual([0.5, 1.5]);
  });

  it('refuses parameters, options and states that do not fit, and changes nothing', () => {
    const p = parameter([1, 2], { device });
    expect(() => new ExponentialMovingAverage([])).toThrow(/expected at least one parameter, got none$/);
    expect(() => new ExponentialMovingAverage([p, p])).toThrow(/expected every parameter once/);
    expect(() => new ExponentialMovingAverage([p], { decay: 1 })).toThrow(/option decay in \[0, 1\), got 1$/);
    expect(() => new ExponentialMovingAverage([p], { beta: 1 } as never)).toThrow(/got 'beta'$/);
    const ema = new ExponentialMovingAverage([p]);
    const other = parameter([1], { device });
    expect(() => ema.copyTo([other])).toThrow(ShapeError);
    expect(() => ema.copyTo([p, other])).toThrow(ValueError);
    const state = ema.stateDict();
    expect(() => ema.loadStateDict({ ...state, averages: [other] })).toThrow(ShapeError);
    expect(() => ema.loadStateDict({ ...state, updates: 0.5 })).toThrow(/integer >= 0 as updates, got 0.5$/);
    expect(() => ema.loadStateDict({ ...state, decay: 2 })).toThrow(/option decay/);
    expect(() => ema.loadStateDict({} as never)).toThrow(/averages \}, got an object$/);
    expect(valuesOf(ema.averages[0])).toEqual([1, 2]);
  });
});
