import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTarGzip } from 'nanotar';
import { type CachedDataset, cachedFiles } from '../../src/data/node/cached-files.js';
import { filesOfTarball } from '../../src/data/node/tarball.js';
import { FileError } from '../../src/index.js';
import { type Attack, type Dice, errorLine } from './attack.js';

/** Fetches a data set from a registry that cuts, stalls, floods, damages and refuses. */
export const downloads: Attack = {
  name: 'faulty downloads',
  async run(dice, deadline, findings) {
    const folder = mkdtempSync(join(tmpdir(), 'antinode-downloads-'));
    const content = new TextEncoder().encode('some data\n'.repeat(5000));
    const tarball = await createTarGzip([
      { name: 'package/package.json', data: '{"name":"some-data","version":"1.0.0"}' },
      { name: 'package/raw.txt', data: content },
    ]);
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo;
      const dist = { tarball: `http://127.0.0.1:${port}/some-data/-/some-data-1.0.0.tgz`, integrity };
      const versions = { '1.0.0': { name: 'some-data', version: '1.0.0', dist } };
      const about = JSON.stringify({ name: 'some-data', 'dist-tags': { latest: '1.0.0' }, versions });
      const body = request.url?.endsWith('.tgz') ? Buffer.from(tarball) : Buffer.from(about);
      answer(dice, response, body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    Object.assign(process.env, {
      ANTINODE_CACHE: join(folder, 'cache'),
      ANTINODE_STALL: '1',
      npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      npm_config_cache: join(folder, 'npm'),
      npm_config_fetch_retries: '0',
    });
    const dataset: CachedDataset = {
      name: 'some',
      source: { spec: 'some-data@1.0.0', integrity, bytes: tarball.length },
      files: [{ name: 'raw.txt', bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }],
      async *convert(path, archive) {
        const files = await filesOfTarball(path, archive, ['package/raw.txt'], 1_000_000);
        yield { name: 'raw.txt', bytes: files.get('package/raw.txt') as Uint8Array };
      },
      help: '',
    };
    while (performance.now() < deadline) {
      rmSync(join(folder, 'cache'), { recursive: true, force: true });
      rmSync(join(folder, 'npm'), { recursive: true, force: true });
      findings.tries++;
      const begun = performance.now();
      try {
        const [{ bytes }] = await cachedFiles(dataset, ['raw.txt']);
        if (Buffer.compare(bytes, content) !== 0) findings.fail('other bytes than those of the package');
      } catch (error) {
        if (!(error instanceof FileError)) findings.fail(errorLine(error));
      }
      if (performance.now() - begun > 60_000) findings.fail(`took ${Math.round(performance.now() - begun)} ms`);
      const left = readdirSync(join(folder, 'cache')).filter((name) => name !== 'some');
      if (left.length > 0) findings.fail(`left ${left.join(', ')}`);
    }
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  },
};

/** Sends a body, or does what servers and networks do instead. */
function answer(dice: Dice, response: ServerResponse, body: Buffer): void {
  const part = body.subarray(0, dice.below(body.length));
  const ways: (() => void)[] = [
    () => response.end(body),
    () => response.end(body),
    () => response.end(body),
    () => response.writeHead(dice.pick([404, 403, 500, 503])).end(),
    () => response.end(part),
    () => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(part, () => response.destroy());
    },
    () => void response.write(part),
    () => {},
    () => response.end(Buffer.concat([body, body])),
    () => response.end(body.map((byte, i) => (i === part.length ? byte ^ 1 : byte))),
    () => {
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20)));
      };
      response.on('drain', flood);
      flood();
    },
  ];
  dice.pick(ways)();
}
