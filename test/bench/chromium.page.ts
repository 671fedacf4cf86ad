import { afterAll, beforeAll, expect, it } from 'vitest';
import { Chromium } from '../../bench/browser/chromium.js';
import { fromSources } from '../examples/demo/bundle.js';

const budget = { warmup: 1, measure: 1, most: 3 };
let chromium: Chromium;

beforeAll(async () => {
  chromium = await Chromium.start(['antinode'], fromSources);
});

afterAll(async () => chromium?.close());

it.each([1, 2])('a page of the benchmark times workloads on %i threads', async (threads) => {
  await chromium.withPage(threads, async (frameworks) => {
    expect([...frameworks.keys()]).toEqual(['antinode']);
    const antinode = frameworks.get('antinode')!;
    expect(antinode.hello).toMatchObject({ peer: 'antinode', threads });
    const { ms, cpu } = await antinode.run('matmul-512', budget);
    expect(ms).toHaveLength(3);
    expect(ms?.every((time) => time > 0)).toBe(true);
    // the steps that were timed and some others
    expect(cpu).toBeGreaterThan(Math.min(...(ms ?? [])));
  });
});

it('a page of the benchmark rejects workloads that it does not know', async () => {
  const answer = await chromium.withPage(1, (frameworks) => frameworks.get('antinode')!.run('matmul-3', budget));
  expect(answer).toMatchObject({ workload: 'matmul-3', unsupported: 'not written for antinode' });
});

it('a page of the benchmark that ends during a workload is answered for', async () => {
  const answer = await chromium.withPage(1, async (frameworks) => {
    const run = frameworks.get('antinode')!.run('resnet18-w64-b32-train', { warmup: 60_000, measure: 1, most: 1 });
    return { run };
  });
  expect((await answer.run).unsupported).toMatch(/closed/);
});
