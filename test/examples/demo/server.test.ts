import { request } from 'node:http';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePage } from '../../../examples/demo/bundle.js';
import { imageRoutes } from '../../../examples/demo/images.js';
import { type Served, serve } from '../../../examples/demo/serve.js';
import { UserError } from '../../../examples/shared/user-error.js';
import { data } from '../../../src/index.js';
import { fromSources } from './bundle.js';
import { barSet } from './images.js';

let served: Served;
beforeAll(async () => {
  const routes = new Map([...(await bundlePage(fromSources)), ...imageRoutes(barSet)]);
  served = await serve(routes, { port: 0, host: '127.0.0.1' });
});
afterAll(() => served.server.close());

/** Requests a path verbatim: `fetch` would resolve dots and reject invalid URLs. */
function ask(path: string, method = 'GET', host?: string): Promise<{ status?: number; body: Buffer }> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts) }));
    });
    asked.once('error', reject).end();
  });
}

describe('the server of the demo', () => {
  it('serves the page and everything it loads with cross-origin isolation headers', async () => {
    for (const [path, type] of [
      ['', 'text/html'],
      ['index.html?again', 'text/html'],
      ['style.css', 'text/css'],
      ['page.js', 'text/javascript'],
      ['worker.js', 'text/javascript'],
      ['data/train-images-idx3-ubyte', 'application/octet-stream'],
    ]) {
      const response = await fetch(served.url + path);
      expect([path, response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([path, 200, type]);
      expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'/);
      if (type === 'text/html') expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
    }
  });

  it('serves nothing else, for any path', async () => {
    for (const path of [
      '/package.json',
      '/../package.json',
      '/..%2fpackage.json',
      '/data/../../../package.json',
      '/data/',
      '//etc/passwd',
      '/%00',
      '/__proto__',
      'http://other.example/',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    }
  });

  it('refuses requests to names that are not of this machine', async () => {
    const { port } = new URL(served.url);
    for (const name of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example']) {
      expect([name, (await ask('/', 'GET', name)).status]).toEqual([name, 421]);
    }
    for (const name of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, '192.168.1.7', hostname()]) {
      expect([name, (await ask('/', 'GET', name)).status]).toEqual([name, 200]);
    }
  });

  it('answers HEAD without a body and rejects other methods', async () => {
    expect(await ask('/', 'HEAD')).toEqual({ status: 200, body: Buffer.alloc(0) });
    expect((await ask('/', 'POST')).status).toBe(405);
  });

  it('reports an address that it cannot listen on', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serve(new Map(), { port, host: '127.0.0.1' })).rejects.toThrow(
      `expected --host and --port to listen on, got 127.0.0.1 and ${port}: listen EADDRINUSE`,
    );
    await expect(serve(new Map(), { port: 99_999, host: '127.0.0.1' })).rejects.toThrow(UserError);
  });

  it("serves the images in MNIST's file format", async () => {
    for (const [split, set] of [['train', barSet.train] as const, ['t10k', barSet.test] as const]) {
      const [images, labels] = await Promise.all(
        ['images-idx3', 'labels-idx1'].map(async (kind) => {
          const name = `data/${split}-${kind}-ubyte`;
          return { name, bytes: new Uint8Array(await (await fetch(served.url + name)).arrayBuffer()) };
        }),
      );
      const read = data.mnistFromBytes(images, labels);
      expect(read.shape).toEqual(set.shape);
      expect(Buffer.compare(read.images, set.images)).toBe(0);
      expect(read.labels).toEqual(set.labels);
    }
  });
});
