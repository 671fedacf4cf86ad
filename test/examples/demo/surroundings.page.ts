import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasDone, openDemo, openStage, reaches, type Stage, stepsOf } from './driver.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
// a page left open keeps training and slows down later tests
afterEach(async () => {
  for (const context of stage.browser.contexts()) await context.close();
});
afterAll(() => stage.close());

describe('the demo page', () => {
  it.each([360, 768, 1400])('fits a window of %i pixels, light and dark', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, problems } = await openDemo(stage, { viewport: { width, height: 740 }, colorScheme });
      await page.click('#toggle');
      await hasDone(page, 5);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const cut = await page.evaluate(() =>
        [...document.querySelectorAll('button, select, input, h1, h2, dd')]
          .filter((element) => element.scrollWidth > element.clientWidth + 1)
          .map((element) => element.id || element.textContent),
      );
      expect(cut).toEqual([]);
      expect(problems).toEqual([]);
    }
  });

  it('leaves its main thread free while it trains', async () => {
    const { page } = await openDemo(stage);
    await page.click('#toggle');
    await hasDone(page, 5);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const used = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      const of = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
      return { processor: of('ThreadTime'), clock: of('Timestamp') };
    };
    const [steps, before] = [await stepsOf(page), await used()];
    await page.evaluate(async () => {
      for (let frame = 0; frame < 30; frame++) await new Promise(requestAnimationFrame);
    });
    const after = await used();
    expect(await stepsOf(page)).toBeGreaterThan(steps);
    const share = (after.processor - before.processor) / (after.clock - before.clock);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(0.4);
  });

  it('can be used with only the keyboard, and shows where the focus is', async () => {
    const { page } = await openDemo(stage);
    const visited: string[] = [];
    for (let press = 0; press < 9; press++) {
      await page.keyboard.press('Tab');
      const { id, outline } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        return { id: element.id, outline: getComputedStyle(element).outlineWidth };
      });
      expect([id, outline]).toEqual([id, '3px']);
      visited.push(id);
    }
    expect(visited).toEqual([
      'device',
      'batch-size',
      'toggle',
      'reset',
      'optimizer-a',
      'lr-a',
      'export-a',
      'optimizer-b',
      'lr-b',
    ]);
    await page.focus('#optimizer-b');
    await page.keyboard.press('a');
    await page.keyboard.press('d');
    await page.keyboard.press('a');
    await page.keyboard.press('p');
    expect(await page.inputValue('#optimizer-b')).toBe('adapnm');
    await page.focus('#lr-b');
    await page.keyboard.press('Enter');
    const focused = () => page.evaluate(() => document.activeElement?.id);
    // the field is locked, so the focus moves on, and then stays on buttons that cannot be used for a moment
    await expect.poll(focused).toBe('toggle');
    await reaches(page, 'training');
    await page.keyboard.press('Space');
    await reaches(page, 'paused');
    expect(await focused()).toBe('toggle');
    await page.focus('#reset');
    await page.keyboard.press('Space');
    await reaches(page, 'ready');
    expect(await focused()).toBe('reset');
    await page.keyboard.press('Space');
    expect(await page.evaluate(() => document.body.dataset.state)).toBe('ready');
    await page.focus('#toggle');
    await page.keyboard.press('Space');
    expect(await focused()).toBe('toggle');
    await reaches(page, 'training');
    expect(await focused()).toBe('toggle');
    await page.keyboard.press('Space');
    await reaches(page, 'paused');
    for (const field of await page.locator('select, input, button').all()) {
      expect(
        await field.evaluate((element) => (element as HTMLInputElement).labels?.length || element.textContent),
      ).toBeTruthy();
    }
  });

  it('rejects an invalid learning rate', async () => {
    const { page } = await openDemo(stage);
    await page.fill('#lr-a', '-1');
    await page.click('#toggle');
    expect(await page.evaluate(() => document.body.dataset.state)).toBe('ready');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('lr-a');
  });

  it('shows that a side diverged, and continues', async () => {
    const { page, problems } = await openDemo(stage);
    await page.fill('#lr-a', '1e30');
    await page.click('#toggle');
    await expect.poll(() => page.textContent('#loss-a'), { timeout: 30_000 }).toBe('diverged');
    await hasDone(page, 10);
    expect(Number(await page.textContent('#loss-b'))).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });
});

describe('the demo page in a less capable browser', () => {
  it('shows that it is not isolated, and trains on one thread', async () => {
    const { page, problems } = await openDemo(stage, {}, async (page) => {
      await page.route('**/*', async (route) => {
        const response = await route.fetch();
        const headers = Object.fromEntries(
          Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin-')),
        );
        await route.fulfill({ response, headers });
      });
    });
    expect(await page.textContent('#notes')).toContain('not cross-origin isolated');
    await page.click('#toggle');
    await hasDone(page, 5);
    expect(await page.textContent('#fact-device')).toBe('WebAssembly SIMD kernels, 1 thread');
    expect(problems).toEqual([]);
  });

  it('disables missing devices and shows why', async () => {
    const bare = await openStage({ gpu: false });
    try {
      const { page, problems } = await openDemo(bare);
      const options = await page
        .locator('#device option')
        .evaluateAll((all) =>
          (all as HTMLOptionElement[]).map(({ value, disabled, label }) => ({ value, disabled, label })),
        );
      expect(options).toEqual([
        { value: 'cpu', disabled: false, label: 'CPU (WebAssembly)' },
        { value: 'gpu:webgpu', disabled: true, label: 'GPU (WebGPU) – unavailable' },
        { value: 'gpu:webgl2', disabled: true, label: 'GPU (WebGL 2) – unavailable' },
      ]);
      expect(await page.locator('#notes li').allTextContents()).toEqual([
        expect.stringMatching(/^GPU \(WebGPU\) is unavailable: .*\.$/),
        expect.stringMatching(/^GPU \(WebGL 2\) is unavailable: .*\.$/),
      ]);
      await page.click('#toggle');
      await hasDone(page, 3);
      expect(problems).toEqual([]);
    } finally {
      await bare.close();
    }
  });

  it('shows an error, and starts again on reset', async () => {
    let broken = true;
    const { url, browser } = stage;
    const page = await browser.newPage();
    await page.route('**/data/t10k-labels-idx1-ubyte', (route) =>
      broken ? route.fulfill({ status: 200, body: 'not labels' }) : route.continue(),
    );
    await page.goto(url);
    await reaches(page, 'failed');
    expect(await page.textContent('[role=alert]')).toMatch(/t10k-labels-idx1-ubyte: expected an idx file/);
    broken = false;
    await page.click('#reset');
    await reaches(page, 'ready');
    expect(await page.isVisible('[role=alert]')).toBe(false);
    await page.click('#toggle');
    await hasDone(page, 2);
    expect(await stepsOf(page)).toBeGreaterThan(1);
  });
});
