import { expect, it } from 'vitest';
import { describeRoofline, measureRoofline } from '../../bench/roofline.js';
import { device } from '../../src/index.js';

it('the limits of the machine can be measured with every engine', async () => {
  const roofline = await measureRoofline(1, 5);
  const { threads, one, all, peak, bandwidth } = roofline;
  expect({ threads, all, bandwidth }).toEqual({ threads: 1, all: one, bandwidth: one.bandwidth });
  for (const limit of [one.mulAdd, one.madd, one.bandwidth]) expect(limit).toBeGreaterThan(0);
  const joins = device.info('cpu').description.includes('256 bits');
  // without joined vectors, the loop of 256 bits is slower than that of 128
  if (joins) expect(one.wide).toBeGreaterThan(1.1 * one.madd!);
  else expect(one.wide).toBeUndefined();
  expect(peak).toBe(Math.max(one.mulAdd, one.madd!, one.wide ?? 0));
  expect(describeRoofline(roofline)).toHaveLength(joins ? 5 : 4);
});
