import { expect } from 'vitest';

/** How far apart two numbers may be: |actual - expected| <= atol + rtol * |expected|. NaN equals NaN. */
function apart(actual: number, expected: number, rtol: number, atol: number): boolean {
  if (Object.is(actual, expected) || actual === expected) return false;
  return !(Math.abs(actual - expected) <= atol + rtol * Math.abs(expected)) || !Number.isFinite(expected);
}

/** The position of an element as indices into `shape`, or its flat index if no shape is known. */
function place(at: number, shape: readonly number[] | undefined): string {
  if (!shape) return `[${at}]`;
  const indices: number[] = [];
  let rest = at;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `[${indices.join(', ')}]`;
}

/** How `close` describes the values in its message. */
export interface Described {
  /** Name of the values, such as 'gradient of weight'. */
  readonly what?: string;
  /** Their shape, so that the message can name positions by axis. */
  readonly shape?: readonly number[];
}

/** Describes where and by how much values differ; null if all are close. */
export function difference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  rtol: number,
  atol: number,
  { what = 'values', shape }: Described = {},
): string | null {
  if (actual.length !== expected.length) {
    return `${what}: expected ${expected.length} values, got ${actual.length}`;
  }
  const off: number[] = [];
  for (let i = 0; i < expected.length; i++) if (apart(actual[i], expected[i], rtol, atol)) off.push(i);
  if (off.length === 0) return null;
  const excess = (i: number) => Math.abs(actual[i] - expected[i]) / (atol + rtol * Math.abs(expected[i]));
  const worst = off.reduce((a, b) => (excess(b) > excess(a) || Number.isNaN(excess(b)) ? b : a));
  const tell = (i: number) => `at ${place(i, shape)}: expected ${expected[i]}, got ${actual[i]}`;
  const listed = off.slice(0, 5).map(tell).join('\n  ');
  return `${what}: ${off.length} of ${expected.length} values differ by more than ${atol} + ${rtol} * |expected|
  ${listed}\n  worst ${tell(worst)}`;
}

/**
 * Asserts that values are within `atol + rtol * |expected|` of the expected ones; the message says where they are not.
 */
export function close(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  rtol = 1e-5,
  atol = 1e-6,
  described: Described = {},
): void {
  const problem = difference(actual, expected, rtol, atol, described);
  if (problem !== null) expect.fail(problem);
}
