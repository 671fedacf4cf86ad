import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { type Browser, type CDPSession, chromium, type JSHandle } from 'playwright';
import { chromiumFlags, findChromium } from '../../test/helpers/chromium.js';
import type { Competitor } from '../compete.js';
import type { Answer, Budget, Hello } from '../protocol.js';

/** A framework as its script sees it: what the function `start(threads)` of the script returns. */
export interface InPage {
  readonly hello: Hello;
  answer(request: Budget & { workload: string }): Promise<Answer>;
}

/** A framework that runs in a page. */
export interface PageFramework extends Competitor {
  readonly hello: Hello;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const scripts: Record<string, string> = {
  antinode: file('./antinode.ts'),
  'jax-js': file('../peers/jax_page.mjs'),
};
const jaxFolder = file('../peers/node_modules/@jax-js/jax');

/** Why a framework cannot run; undefined if it can. */
export function missing(framework: string): string | undefined {
  if (framework !== 'jax-js' || existsSync(jaxFolder)) return undefined;
  return '@jax-js/jax is not installed: npm ci --ignore-scripts --prefix bench/peers';
}

/** Bundles the scripts of frameworks; `/NAME.js` is that of the framework NAME. `changes` go to esbuild. */
async function bundle(frameworks: readonly string[], changes: BuildOptions): Promise<Map<string, Uint8Array>> {
  const folder = file('.');
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(frameworks.map((name) => [name, scripts[name]])),
    // Import the built package antinode, not the sources that tsconfig.json maps it to.
    tsconfigRaw: {},
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ outdir: folder, logLevel: 'error' },
    ...changes,
    write: false,
  });
  return new Map(outputFiles.map(({ path, contents }) => [`/${path.slice(folder.length)}`, contents]));
}

/** Serves an empty page and scripts, cross-origin isolated, so that threads can share memory. */
async function listen(files: ReadonlyMap<string, Uint8Array>): Promise<Server> {
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  };
  const server = createServer(({ url = '' }, response) => {
    const script = files.get(url);
    if (url === '/') response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end('<!doctype html>');
    else if (script) response.writeHead(200, { ...headers, 'Content-Type': 'text/javascript' }).end(script);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Chromium without a window, in whose pages frameworks time workloads. */
export class Chromium {
  readonly #browser: Browser;
  readonly #session: CDPSession;
  readonly #server: Server;
  readonly #frameworks: readonly string[];

  private constructor(browser: Browser, session: CDPSession, server: Server, frameworks: readonly string[]) {
    this.#browser = browser;
    this.#session = session;
    this.#server = server;
    this.#frameworks = frameworks;
  }

  /**
   * Starts the browser for some frameworks. `changes` go to esbuild, which bundles their scripts.
   * @throws Error if there is no Chromium
   */
  static async start(frameworks: readonly string[], changes: BuildOptions = {}): Promise<Chromium> {
    const executablePath = findChromium();
    const server = await listen(await bundle(frameworks, changes));
    const browser = await chromium.launch({ executablePath, args: chromiumFlags });
    return new Chromium(browser, await browser.newBrowserCDPSession(), server, frameworks);
  }

  /** Version of the browser. */
  get version(): string {
    return this.#browser.version();
  }

  /** Runs `body` with the frameworks, started in a new page with a number of threads each, by name. */
  async withPage<R>(threads: number, body: (frameworks: ReadonlyMap<string, PageFramework>) => Promise<R>): Promise<R> {
    const context = await this.#browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
      const frameworks = new Map<string, PageFramework>();
      for (const name of this.#frameworks) {
        // as text, because a compiler might change the import
        const text = `import('/${name}.js').then(({ start }) => start(${threads}))`;
        const started: JSHandle<InPage> = await page.evaluateHandle<InPage>(text);
        const hello = await started.evaluate(({ hello }) => hello);
        frameworks.set(name, { hello, run: (workload, budget) => this.#run(started, { workload, ...budget }) });
      }
      return await body(frameworks);
    } finally {
      await context.close();
    }
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }

  async #run(framework: JSHandle<InPage>, request: Budget & { workload: string }): Promise<Answer> {
    try {
      const before = await this.#processorTime();
      const answer = await framework.evaluate((each, request) => each.answer(request), request);
      return { ...answer, cpu: (await this.#processorTime()) - before };
    } catch (error) {
      return { workload: request.workload, unsupported: (error as Error).message.split('\n')[0] };
    }
  }

  /** Processor time of all processes of the browser so far, in milliseconds. */
  async #processorTime(): Promise<number> {
    const { processInfo } = await this.#session.send('SystemInfo.getProcessInfo');
    return 1000 * processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }
}
