import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { io } from '../../../src/index.js';
import { type Demo, hasDone, inkOf, numberIn, openDemo, openStage, reaches, type Stage, stepsOf } from './driver.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** Pauses, checks that no more steps are done, and returns their number. */
async function pause(page: Page): Promise<number> {
  await page.click('#toggle');
  await reaches(page, 'paused');
  expect(await page.textContent('#toggle')).toBe('Resume');
  const status = (await page.textContent('#status')) ?? '';
  const steps = Number(/^Paused after step (\d+)\.$/.exec(status.replaceAll(',', ''))?.[1]);
  await page.waitForTimeout(700);
  expect(await stepsOf(page)).toBe(steps);
  expect(await page.textContent('#status')).toBe(status);
  return steps;
}

/** The weights that an export button saves. */
async function exported(page: Page, side: 'a' | 'b') {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`#export-${side}`)]);
  const weights = await io.loadSafetensors(new Uint8Array(await readFile(await file.path())));
  return { name: file.suggestedFilename(), weights };
}

describe.each([
  { device: 'cpu', batch: '32', steps: 60, described: /WebAssembly SIMD kernels, \d+ threads/ },
  { device: 'gpu:webgl2', batch: '8', steps: 12, described: /^GPU.js on WebGL 2/ },
  { device: 'gpu:webgpu', batch: '8', steps: 12, described: /^GPU.js on WebGPU/ },
])('the demo page on $device', ({ device, batch, steps, described }) => {
  let demo: Demo;
  beforeAll(async () => {
    demo = await openDemo(stage, { viewport: { width: 1200, height: 900 } });
  });
  afterAll(() => demo.page.close());

  it('trains both sides and draws their curves', async () => {
    const { page, problems } = demo;
    await page.selectOption('#device', device);
    await page.selectOption('#batch-size', batch);
    await page.click('#toggle');
    await hasDone(page, 1);
    const before = [await numberIn(page, '#loss-a'), await numberIn(page, '#loss-b')];
    await hasDone(page, steps);
    expect(await page.textContent('#fact-device')).toMatch(described);
    for (const [i, side] of ['a', 'b'].entries()) {
      expect(await numberIn(page, `#loss-${side}`)).toBeLessThan(before[i]);
      expect(await numberIn(page, `#accuracy-${side}`)).toBeGreaterThanOrEqual(0);
      expect(await numberIn(page, `#speed-${side}`)).toBeGreaterThan(0);
    }
    expect(Math.min(...(await inkOf(page, '#loss-chart')))).toBeGreaterThan(100);
    expect(Math.min(...(await inkOf(page, '#accuracy-chart')))).toBeGreaterThan(5);
    expect(await page.getAttribute('#loss-chart', 'aria-label')).toMatch(
      /^Training loss after \d+ steps: A SGD .*B PNM/,
    );
    expect(await page.textContent('#accuracy-title')).toMatch(/^Test accuracy on (50|100) images$/);
    expect(await page.locator('#digits li').count()).toBe(24);
    expect(await page.textContent('#digits-summary')).toMatch(
      /A SGD reads \d+ of 24 right, B PNM reads \d+ of 24 right/,
    );
    expect(await page.textContent('#fact-memory')).toMatch(/^\d+\.\d MB now, \d+\.\d MB at most$/);
    expect(problems).toEqual([]);
  });

  it('pauses, exports weights that loadSafetensors reads, and continues', async () => {
    const { page, problems } = demo;
    const steps = await pause(page);
    for (const [side, optimizer] of [['a', 'sgd'] as const, ['b', 'pnm'] as const]) {
      const { name, weights } = await exported(page, side);
      expect(name).toBe(`mnist-${optimizer}-step-${steps}.safetensors`);
      expect(weights.metadata).toMatchObject({ optimizer, steps: String(steps) });
      expect(weights.get('9.weight')?.shape).toEqual([10, 784]);
      expect(weights.size).toBe(16);
      for (const [name, weight] of weights) {
        const values = await weight.data();
        expect([name, values.every(Number.isFinite)]).toEqual([name, true]);
        weight.dispose();
      }
    }
    await page.click('#toggle');
    await reaches(page, 'training');
    await hasDone(page, steps + 2);
    expect(problems).toEqual([]);
  });

  it('resets to its initial state', async () => {
    const { page, problems } = demo;
    await page.click('#reset');
    await reaches(page, 'ready');
    expect(await page.textContent('#fact-steps')).toBe('–');
    expect(await page.textContent('#loss-a')).toBe('–');
    expect(Math.max(...(await inkOf(page, '#loss-chart')))).toBe(0);
    expect(await page.isEnabled('#optimizer-a')).toBe(true);
    await page.selectOption('#optimizer-a', 'adam');
    expect(await page.inputValue('#lr-a')).toBe('0.001');
    await page.click('#toggle');
    await hasDone(page, 2);
    expect(await page.textContent('#loss-chart .u-legend')).toContain('A Adam');
    expect(await page.isEnabled('#optimizer-a')).toBe(false);
    await page.click('#reset');
    await reaches(page, 'ready');
    expect(problems).toEqual([]);
  });
});
