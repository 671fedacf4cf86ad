// Opens a page that uses every entry in Chromium, with the security policies that sites set.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { chromiumFlags, findChromium } from '../helpers/chromium.ts';
import { differences, trained } from './app.mjs';

const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const policy = (text) => ({ 'Content-Security-Policy': text });

/** Pages with their headers and the expected reports. The program requests two threads. */
const pages = {
  'an isolated page': { headers: isolated, expected: trained, threads: 2 },
  'a page without shared memory': { headers: {}, expected: trained, threads: 1 },
  "a page under script-src 'self' 'wasm-unsafe-eval', where workers made from text do not start": {
    headers: { ...isolated, ...policy("script-src 'self' 'wasm-unsafe-eval'") },
    expected: trained,
    threads: 1,
  },
  'a page without workers': { headers: { ...isolated, ...policy("worker-src 'none'") }, expected: trained, threads: 1 },
  "a page under script-src 'self', without WebAssembly": {
    headers: { ...isolated, ...policy("script-src 'self'") },
    expected: { failure: (text) => /^DeviceError: cpu: expected .+, got .+/.test(text) },
  },
};

/** Returns a function from paths to the type and body of the page and its scripts. */
async function site(app) {
  const { outputFiles } = await build({
    entryPoints: [join(app, 'page.ts')],
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ outdir: app, write: false, logLevel: 'error' },
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(app.length), contents]));
  const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
  return (path) => (path === '/' ? ['text/html', html] : ['text/javascript', files.get(path)]);
}

async function open(browser, respond, { headers, expected, threads }) {
  const server = createServer(({ url }, response) => {
    const [type, body] = respond(url);
    if (body === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': type, ...headers }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => window.outcome !== undefined, undefined, { timeout: 30_000 });
    const outcome = await page.evaluate(() => window.outcome);
    const failures = differences('the page', outcome, expected);
    if (threads === undefined) return failures;
    // a worker that cannot start reports this a moment later
    const isTrue = page.waitForFunction((count) => window.threads() === count, threads, { timeout: 5000 });
    return await isTrue.then(
      () => failures,
      async () => [...failures, `expected ${threads} threads, got ${await page.evaluate(() => window.threads())}`],
    );
  } finally {
    await context.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Describes the pages whose reports differ from the expected ones. */
export async function checkPages(app) {
  const browser = await chromium.launch({ executablePath: findChromium(), args: chromiumFlags });
  try {
    const respond = await site(app);
    const failures = [];
    for (const [name, page] of Object.entries(pages)) {
      const found = await open(browser, respond, page).catch((error) => [error.message]);
      failures.push(...found.map((failure) => `${name}: ${failure}`));
    }
    return failures;
  } finally {
    await browser.close();
  }
}
