import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PinnedFile } from '../../src/data/node/pinned-files.js';
import { ptbFiles } from '../../src/data/node/ptb-files.js';
import { prepareSpeeches, stateOfTheUnionFromFolder } from '../../src/data/node/state-of-the-union-files.js';
import { ptb } from '../../src/data/text/ptb.js';
import { stateOfTheUnion } from '../../src/data/text/state-of-the-union.js';
import { FileError, ValueError } from '../../src/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-ptb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const texts = { train: 'the <unk> cat\n the N\n', valid: ' the dog\n', test: ' cat\n' };
const pinned = (name: string, text: string): PinnedFile => ({
  name: `ptb.${name}.txt`,
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});
const files = {
  train: pinned('train', texts.train),
  valid: pinned('valid', texts.valid),
  test: pinned('test', texts.test),
};

/** The text that the mirror serves under each path. */
let served: Record<string, string> = {};
let requests: string[] = [];
const server = createServer((request, response) => {
  requests.push(request.url ?? '');
  const body = served[request.url ?? ''];
  response.writeHead(body === undefined ? 404 : 200).end(body);
});
let mirror: URL;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  mirror = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/data/`);
});
afterAll(() => server.close());

const former = process.env.ANTINODE_CACHE;
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(folder, 'cache-'));
  process.env.ANTINODE_CACHE = cache;
  served = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`/data/ptb.${name}.txt`, text]));
  requests = [];
});
afterEach(() => {
  if (former === undefined) delete process.env.ANTINODE_CACHE;
  else process.env.ANTINODE_CACHE = former;
});

const textOf = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes);

describe('the files of Penn Treebank', () => {
  it('are fetched into the cache once, completely or not at all', async () => {
    const found = await ptbFiles({ mirror }, files);
    expect(Object.entries(found).map(([split, file]) => [split, textOf(file)])).toEqual(Object.entries(texts));
    expect(readdirSync(join(cache, 'ptb')).sort()).toEqual(['ptb.test.txt', 'ptb.train.txt', 'ptb.valid.txt']);
    expect(requests).toHaveLength(3);
    await ptbFiles({}, files);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ['another text', 'the <unk> dog\n the N\n', /expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}; the file is damaged$/],
    ['a shorter text', 'the', /expected a file of 21 bytes, got 3 bytes$/],
    ['a longer text', 'x'.repeat(99), /expected a file of 21 bytes, got more than 21 bytes$/],
  ])('are rejected when the mirror serves %s', async (_, text, message) => {
    served['/data/ptb.train.txt'] = text;
    const fetched = ptbFiles({ mirror }, files);
    await expect(fetched).rejects.toThrow(FileError);
    await expect(fetched).rejects.toThrow(message);
    expect(readdirSync(join(cache, 'ptb'))).toEqual([]);
  });

  it('are named with their URL when the mirror does not have them', async () => {
    const nowhere = new URL('other/', mirror);
    await expect(ptbFiles({ mirror: nowhere }, files)).rejects.toThrow(/other\/ptb.train.txt: .*, got status 404$/);
  });

  it('are those of the given folder, whatever they contain', async () => {
    const own = join(folder, 'own');
    mkdirSync(join(own, 'data'), { recursive: true });
    for (const name of ['train', 'valid', 'test']) writeFileSync(join(own, 'data', `ptb.${name}.txt`), `my ${name}\n`);
    await expect(ptb({ dir: own })).rejects.toThrow(/ptb.valid.txt: .* without <unk>, got 'valid' in line 1$/);
    writeFileSync(join(own, 'data', 'ptb.train.txt'), 'my <unk>\n');
    const corpus = await ptb({ dir: own });
    expect(corpus.vocabulary.decode(corpus.test)).toBe('my <unk>\n');
  });

  it('are named when they are missing, with the folders to put them in', async () => {
    mkdirSync(join(cache, 'ptb'));
    writeFileSync(join(cache, 'ptb', 'ptb.test.txt'), texts.test);
    const missing = ptbFiles({ dir: folder }, files);
    await expect(missing).rejects.toThrow(
      /^ptb: expected ptb.train.txt, ptb.valid.txt in .* or .*ptb, got none. Put the missing files/,
    );
  });

  it('are fetched again when they are damaged in the cache', async () => {
    await ptbFiles({ mirror }, files);
    const path = join(cache, 'ptb', 'ptb.test.txt');
    writeFileSync(path, 'x');
    const messages: string[] = [];
    await ptbFiles({ mirror, onProgress: ({ message }) => messages.push(message) }, files);
    expect(messages[0]).toMatch(/ignoring it$/);
    expect(readFileSync(path, 'utf8')).toBe(texts.test);
  });

  it('are not read with invalid options', async () => {
    await expect(ptb({ url: 'ftp://127.0.0.1/' })).rejects.toThrow(ValueError);
    await expect(ptb({ path: 'x' } as never)).rejects.toThrow(
      /^ptb: expected options among dir, url, onProgress, got 'path'$/,
    );
    await expect(stateOfTheUnion({ url: 'x' } as never)).rejects.toThrow(/got 'url'$/);
  });
});

describe('the speeches', () => {
  const speech = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });

  it('are divided by year: 4 for validation, 9 for testing', () => {
    const parts = prepareSpeeches([
      speech('1801_b_n.txt', 'We met. We parted.'),
      speech('1790_a_n.txt', 'We met again.'),
      speech('1794_a_n.txt', 'We met.'),
      speech('package/data/1799_a_n.txt', 'We parted.'),
    ]);
    expect(parts.train.text).toBe('we met <unk>\nwe met\nwe <unk>\n');
    expect([parts.valid.text, parts.test.text]).toEqual(['we met\n', 'we <unk>\n']);
  });

  it('must all be present in a folder', async () => {
    const place = join(folder, 'speeches');
    mkdirSync(place);
    await expect(stateOfTheUnionFromFolder(place)).rejects.toThrow(
      /expected a folder with the speeches, got one without/,
    );
    writeFileSync(join(place, '1790_a_n.txt'), 'We met.');
    await expect(stateOfTheUnionFromFolder(place)).rejects.toThrow(/expected 233 speeches, got 1\./);
  });
});
