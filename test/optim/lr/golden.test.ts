import { describe, expect, it } from 'vitest';
import * as optim from '../../../src/optim/index.js';
import golden from '../../golden/schedules.json' with { type: 'json' };
import { close } from '../../helpers/close.js';
import { make, optimizerAt, settingsOf } from './helpers.js';

describe('schedules follow PyTorch', () => {
  it.each(golden.schedules)('$scheduler $options', ({ initialLr, lrAtEpoch, momentumAtEpoch, ...described }) => {
    const optimizer = optimizerAt(initialLr);
    const schedule = make(optimizer, described);
    expect(schedule.getLastLr()).toEqual([optimizer.paramGroups[0].lr]);
    const settings = settingsOf(optimizer, schedule, lrAtEpoch.length);
    const rates = settings.map((setting) => setting.rates[0]);
    close(rates, lrAtEpoch, 1e-9, 0, { what: 'rates' });
    const momenta = settings.map(({ momentum }) => momentum[0]);
    if (momentumAtEpoch) close(momenta, momentumAtEpoch, 1e-9, 0, { what: 'momenta' });
  });

  it('have reference values for each schedule', () => {
    const names = Object.keys(optim.lr).filter((name) => name !== 'Scheduler');
    expect([...new Set(golden.schedules.map(({ scheduler }) => scheduler))].sort()).toEqual(names.sort());
  });
});
