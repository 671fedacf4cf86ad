import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { root } from './helpers/sources.js';

/** A ```ts block of a page: its start, its text, and whether it is only type-checked (```ts no-run). */
interface Block {
  name: string;
  text: string;
  run: boolean;
}

function blocksOf(page: string, markdown: string): Block[] {
  return [...markdown.matchAll(/^```ts([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = markdown.slice(0, match.index).split('\n').length;
    return { name: `${page}:${line}`, text: match[2], run: !match[1].split(/\s+/).includes('no-run') };
  });
}

const docs = join(root, 'docs');
const pages = [
  ...['README.md'].filter((name) => existsSync(join(root, name))),
  ...(existsSync(docs) ? readdirSync(docs) : []).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(join(root, page), 'utf8')));
const folder = join(root, '.cache', 'docs');
const fileOf = (block: Block) => join(folder, `${block.name.replace(/[^\w]+/g, '-')}.ts`);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // The `export {}` turns a block without imports into a module, so that top-level await is allowed.
  for (const block of blocks) writeFileSync(fileOf(block), `${block.text}\nexport {};\n`);
  const paths = { antinode: ['../../src/index.ts'], 'antinode/*': ['../../src/entries/*.ts'] };
  const options = { noUnusedLocals: false, noUnusedParameters: false, paths };
  const config = { extends: '../../tsconfig.json', compilerOptions: options, include: ['*.ts'], exclude: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
});

describe('the code in the documentation', () => {
  it('is found', () => {
    expect(blocksOf('page', 'a\n```ts\nlet x = 1;\n```\n```ts no-run\ny();\n```\n```sh\nls\n```\n')).toEqual([
      { name: 'page:2', text: 'let x = 1;\n', run: true },
      { name: 'page:5', text: 'y();\n', run: false },
    ]);
    expect(blocks.length).toBeGreaterThan(0);
  });

  it('passes the type checker', () => {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  for (const block of blocks.filter(({ run }) => run)) {
    it(`runs: ${block.name}`, async () => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await import(pathToFileURL(fileOf(block)).href);
      } finally {
        log.mockRestore();
      }
    });
  }
});
