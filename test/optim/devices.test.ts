import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { close } from '../helpers/close.js';
import { optionsOf, problem } from './arbitrary.js';
import { devices, follow, parameter } from './helpers.js';
import { meetsJump } from './yogi.js';

describe.each(devices.filter((device) => device !== 'reference'))('%s agrees with reference', (device) => {
  it.each(optim.names)('on %s with any options', (name) => {
    fc.assert(
      fc.property(optionsOf[name], problem, (options, given) => {
        fc.pre(name !== 'yogi' || !meetsJump(options, given));
        const [actual, expected] = [device, 'reference'].map((on) => {
          const p = parameter(given.start, { device: on });
          const rows = given.gradients.map((g) => [g]);
          return follow(optim.create(name, [p], options), [p], rows).flat(2);
        });
        const largest = Math.max(1, ...expected.map(Math.abs));
        close(actual, expected, 0, 2e-6 * largest);
      }),
    );
  });
});
