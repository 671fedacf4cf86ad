import { expect, it } from 'vitest';
import { measureRoofline } from '../../bench/roofline.js';

it('the limits of the machine can be measured with every engine', async () => {
  const { threads, one, all, peak, bandwidth } = await measureRoofline(1, 1);
  expect({ threads, all, bandwidth }).toEqual({ threads: 1, all: one, bandwidth: one.bandwidth });
  for (const limit of [one.mulAdd, one.madd, one.bandwidth]) expect(limit).toBeGreaterThan(0);
  expect(peak).toBe(Math.max(one.mulAdd, one.madd!));
});
