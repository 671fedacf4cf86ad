import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { fill } from './helpers/arbitraries.js';
import { findChromium } from './helpers/chromium.js';
import { close, difference } from './helpers/close.js';

it('close says where values differ', () => {
  close([1, Number.NaN, Infinity, -0], [1 + 1e-9, Number.NaN, Infinity, 0]);
  expect(() => close([1, 2], [1, 3])).toThrow('at [1]: expected 3, got 2');
  expect(() => close([1], [1, 2])).toThrow('expected 2 values, got 1');
  const text = difference([1, 2, 3, 4, 5, 99], [1, 2, 3, 4, 6, 7], 1e-3, 0, { what: 'dy', shape: [2, 3] });
  expect(text).toContain('dy: 2 of 6 values differ');
  expect(text).toContain('at [1, 1]: expected 6, got 5');
  expect(text).toContain('worst at [1, 2]: expected 7, got 99');
});

it('close is not fooled by NaN and infinities', () => {
  for (const [actual, expected] of [
    [Number.NaN, 1],
    [1, Number.NaN],
    [Infinity, 1],
    [1, Infinity],
    [-Infinity, Infinity],
  ]) {
    expect(difference([actual], [expected], 1, 1)).toContain('1 of 1 values differ');
  }
});

it('fill repeats for a seed', () => {
  expect(fill('unit', 50, 3)).toEqual(fill('unit', 50, 3));
  expect(fill('unit', 50, 3)).not.toEqual(fill('unit', 50, 4));
});

it('findChromium uses CHROMIUM_PATH, and says what to do if it cannot be run', () => {
  expect(findChromium({ CHROMIUM_PATH: process.execPath })).toBe(process.execPath);
  expect(() => findChromium({ CHROMIUM_PATH: '/nowhere/chromium' })).toThrow(
    'chromium: expected CHROMIUM_PATH to be a program that can be run, got /nowhere/chromium',
  );
});

it('findChromium searches the PATH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'antinode-chromium-'));
  const program = join(folder, 'google-chrome');
  writeFileSync(program, '', { mode: 0o755 });
  expect(findChromium({ PATH: ['/nowhere', folder].join(delimiter) })).toBe(program);
  rmSync(folder, { recursive: true });
});
