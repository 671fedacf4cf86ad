import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jpegOf, writeFiles } from '../helpers/image-files.js';
import { root } from '../helpers/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-programs-'));
const inside = join(root, '.cache', `images-${process.pid}`);
const images = join(folder, 'images');
const worker = 'image-worker.generated.cjs';

beforeAll(async () => {
  for (let i = 0; i < 8; i++) writeFiles(images, { [`a/${i}.jpg`]: jpegOf(`${i}`, 20, 20) });
  mkdirSync(join(inside, 'alone'), { recursive: true });
  await build({
    stdin: { contents: "export * from './src/index.js'; export * from './src/entries/data.js';", resolveDir: root },
    outfile: join(inside, 'data.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  copyFileSync(join(inside, 'data.mjs'), join(inside, 'alone', 'data.mjs'));
  copyFileSync(join(inside, 'data.mjs'), join(folder, 'data.mjs'));
  for (const place of [inside, folder]) copyFileSync(join(root, 'src/data/node/images', worker), join(place, worker));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(inside, { recursive: true, force: true });
});

/** Runs a program that has `train` and `loader`, and returns its status and the end of its output. */
function run(place: string, body: string): { status: number | null; out: string } {
  const path = join(place, `program.mjs`);
  writeFileSync(
    path,
    `import { DataLoader, imageFolder, setDeviceSync } from './data.mjs';
     const train = await imageFolder(${JSON.stringify(images)});
     const loader = new DataLoader(train, { batchSize: 2, workers: 2 });
     let threads = 0;
     process.on('worker', () => threads++);
     const print = () => console.log(threads + ' threads');
     setDeviceSync('reference');
     ${body}`,
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: 'utf8', timeout: 20_000 });
  return { status, out: (stdout + stderr).trim() };
}

it.each([
  ['has come to its end', 'for await (const _ of loader) {} print();', 0],
  ['is left', 'for await (const _ of loader) break; print();', 0],
  ['is left open', 'await loader[Symbol.asyncIterator]().next(); print();', 0],
  ['fails', 'print(); for await (const _ of loader) throw new Error("in the body");', 1],
])('a program ends by itself after a loop that %s', (_, body, status) => {
  const found = run(inside, body);
  expect(found.out).toMatch(status === 0 ? /^2 threads$/ : /^0 threads\n[\s\S]*Error: in the body/);
  expect(found.status).toBe(status);
});

it('a program without the script of the threads reads images in its own', () => {
  expect(run(join(inside, 'alone'), 'for await (const _ of loader) {} print();')).toEqual({
    status: 0,
    out: '0 threads',
  });
});

it('a program without the package for JPEG gets an error that names it', () => {
  for (const workers of [0, 1]) {
    const body = `try { for await (const _ of new DataLoader(train, { workers: ${workers} })) {} } catch (error) {
      console.log(error.name + ' ' + error.message);
    }`;
    const { status, out } = run(folder, body);
    expect(out).toMatch(
      /^FileError .*0\.jpg: expected the package @jsquash\/jpeg \(run: npm install @jsquash\/jpeg\), got none that loads$/,
    );
    expect(status).toBe(0);
  }
});
