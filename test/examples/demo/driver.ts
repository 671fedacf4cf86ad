import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright';
import { bundlePage } from '../../../examples/demo/bundle.js';
import { imageRoutes } from '../../../examples/demo/images.js';
import { serve } from '../../../examples/demo/serve.js';
import { chromiumFlags, findChromium } from '../../helpers/chromium.js';
import { fromSources } from './bundle.js';
import { barSet } from './images.js';

/** A running server of the demo and a browser. */
export interface Stage {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Serves the demo with small images and starts Chromium, with or without a GPU. */
export async function openStage({ gpu = true } = {}): Promise<Stage> {
  const routes = new Map([...(await bundlePage(fromSources)), ...imageRoutes(barSet)]);
  const { url, server } = await serve(routes, { port: 0, host: '127.0.0.1' });
  const args = gpu
    ? chromiumFlags
    : [
        ...chromiumFlags.filter((flag) => !/gpu|swiftshader/.test(flag)),
        '--disable-gpu',
        '--disable-software-rasterizer',
      ];
  const browser = await chromium.launch({ executablePath: findChromium(), args });
  return {
    url,
    browser,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** A page of the demo, and the problems that it reported. */
export interface Demo {
  readonly page: Page;
  /** Warnings and errors of the console, and uncaught errors. */
  readonly problems: string[];
}

/** Opens the demo; `prepare` may change the page before it loads. */
export async function openDemo(
  { url, browser }: Stage,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Demo> {
  const page = await browser.newPage(options);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  await prepare(page);
  await page.goto(url);
  await reaches(page, 'ready');
  return { page, problems };
}

/**
 * Waits until the page is in a state.
 *
 * @throws Error with the message that the page shows if it fails instead
 */
export function reaches(page: Page, state: string): Promise<void> {
  return waitFor(page, { state, steps: 0 });
}

/**
 * Waits until this many steps are done.
 *
 * @throws Error with the message that the page shows if it fails instead
 */
export function hasDone(page: Page, steps: number): Promise<void> {
  return waitFor(page, { state: '', steps });
}

async function waitFor(page: Page, wanted: { readonly state: string; readonly steps: number }): Promise<void> {
  await page.waitForFunction(
    ({ state, steps }) => {
      const now = document.body.dataset.state;
      const done =
        Number.parseInt(document.querySelector('#fact-steps')?.textContent?.replaceAll(',', '') ?? '', 10) || 0;
      return now === 'failed' || ((state === '' || now === state) && done >= steps);
    },
    wanted,
    { timeout: 240_000, polling: 50 },
  );
  const state = await page.evaluate(() => document.body.dataset.state);
  if (state === 'failed' && wanted.state !== state) {
    throw new Error(`the page failed: ${await page.textContent('[role=alert]')}`);
  }
}

/** The number of steps done, as the page shows it. */
export async function stepsOf(page: Page): Promise<number> {
  return Number.parseInt((await page.textContent('#fact-steps'))?.replaceAll(',', '') ?? '', 10) || 0;
}

/** The number that an element shows. */
export async function numberIn(page: Page, selector: string): Promise<number> {
  return Number.parseFloat((await page.textContent(selector)) ?? '');
}

/** The numbers of pixels of a chart that have approximately the colour of each side. */
export function inkOf(page: Page, chart: string): Promise<number[]> {
  return page.evaluate((selector) => {
    const canvas = document.querySelector(`${selector} canvas`) as HTMLCanvasElement;
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    );
    return ['--side-a', '--side-b'].map((name) => {
      const color = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200 && wanted.every((value, i) => Math.abs(data[at + i] - value) < 12)) count++;
      }
      return count;
    });
  }, chart);
}
