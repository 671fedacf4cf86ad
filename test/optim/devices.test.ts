import fc from 'fast-check';
import { describe, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import { stream } from '../helpers/arbitraries.js';
import { close } from '../helpers/close.js';
import { optionsOf, type Problem, problem } from './arbitrary.js';
import { devices, follow, parameter } from './helpers.js';

/** Returns the values of a parameter after each step, concatenated. */
function path(name: string, options: Record<string, unknown>, { start, gradients }: Problem, device: string): number[] {
  const p = parameter(start, { device });
  return follow(
    optim.create(name, [p], options),
    [p],
    gradients.map((g) => [g]),
  ).flat(2);
}

/** Returns the same numbers with relative errors of up to 2e-6, more than those of float32. */
function disturbed({ start, gradients }: Problem, seed: number): Problem {
  const next = stream(seed);
  const disturb = (x: number) => x * (1 + 2e-6 * (2 * next() - 1));
  return { start: start.map(disturb), gradients: gradients.map((g) => g.map(disturb)) };
}

const largestDifference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((largest, x, i) => Math.max(largest, Math.abs(x - b[i])), 0);

describe.each(devices.filter((device) => device !== 'reference'))('%s agrees with reference', (device) => {
  it.each(optim.names)('on %s with any options', (name) => {
    fc.assert(
      fc.property(optionsOf(name), problem, (options, given) => {
        const expected = path(name, options, given, 'reference');
        const largest = Math.max(1, ...expected.map(Math.abs));
        // where a rule jumps, as a sign does at 0, rounding errors become large
        const errors = [1, 2, 3, 4].map((seed) =>
          largestDifference(expected, path(name, options, disturbed(given, seed), 'reference')),
        );
        close(path(name, options, given, device), expected, 0, 2e-6 * largest + 2 * Math.max(...errors));
      }),
    );
  });
});
