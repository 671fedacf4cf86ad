import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.js';
import { loadCheckpoint, loadSafetensors, saveCheckpoint, writeAtomically } from '../../src/io/index.js';
import { readBytes } from '../../src/io/node/files.js';
import { processName } from '../../src/io/node/process-name.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-atomic-'));

afterAll(() => rmSync(folder, { recursive: true }));

describe('writeAtomically', () => {
  it('writes text, bytes and chunks of bytes, replaces the old content and leaves nothing else behind', async () => {
    const path = join(folder, 'file.txt');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(20)), async (text, cuts) => {
        const bytes = new TextEncoder().encode(text);
        const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
        for (const content of [text, bytes, chunks]) {
          await writeAtomically(path, content);
          expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
        }
        expect(readdirSync(folder)).toEqual(['file.txt']);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the old content if the new content cannot be produced or put in place', async () => {
    const path = join(folder, 'file.txt');
    await writeAtomically(path, 'old');
    const failing = function* () {
      yield new Uint8Array(3);
      throw new Error('stop');
    };
    await expect(writeAtomically(path, failing())).rejects.toThrow(FileError);
    expect(readFileSync(path, 'utf8')).toBe('old');
    for (const wrong of [[1, 2], new Float32Array(2), [new Float32Array(2)], 5, null]) {
      await expect(writeAtomically(path, wrong as never)).rejects.toThrow(
        /file.txt: expected a file that can be written/,
      );
      expect(readFileSync(path, 'utf8')).toBe('old');
    }
    const taken = join(folder, 'taken');
    mkdirSync(join(taken, 'inner'), { recursive: true });
    await expect(writeAtomically(taken, 'new')).rejects.toThrow(/taken: expected a file that can be written, got /);
    expect(readdirSync(folder).sort()).toEqual(['file.txt', 'taken']);
  });

  it('removes what killed writers left, and nothing else', async () => {
    const [host, machine] = processName().split('.');
    const parts = {
      dead: `.file.txt.${host}.${machine}.${2 ** 22 + 1}.1.00000000.part`,
      live: `.file.txt.${processName()}.00000000.part`,
      elsewhere: `.file.txt.${host}.00000000.${2 ** 22 + 1}.1.00000000.part`,
      other: `.other.txt.${host}.${machine}.${2 ** 22 + 1}.1.00000000.part`,
      unknown: '.file.txt.part',
    };
    const inner = join(folder, 'parts');
    mkdirSync(inner);
    for (const name of Object.values(parts)) writeFileSync(join(inner, name), '');
    await writeAtomically(join(inner, 'file.txt'), 'new');
    const { dead: _, ...left } = parts;
    expect(readdirSync(inner).sort()).toEqual([...Object.values(left), 'file.txt'].sort());
  });

  it.runIf(process.platform !== 'win32')('writes through a link', async () => {
    const inner = join(folder, 'links');
    mkdirSync(join(inner, 'far'), { recursive: true });
    writeFileSync(join(inner, 'far', 'a.txt'), 'old');
    symlinkSync(join('far', 'a.txt'), join(inner, 'link.txt'));
    await writeAtomically(join(inner, 'link.txt'), 'new');
    expect(lstatSync(join(inner, 'link.txt')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(inner, 'far', 'a.txt'), 'utf8')).toBe('new');
    expect(readdirSync(join(inner, 'far'))).toEqual(['a.txt']);
    symlinkSync(join('far', 'new.txt'), join(inner, 'early.txt'));
    await writeAtomically(join(inner, 'early.txt'), 'first');
    expect(lstatSync(join(inner, 'early.txt')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(inner, 'far', 'new.txt'), 'utf8')).toBe('first');
  });

  it('writes names as long as the file system allows', async () => {
    const path = join(folder, 'n'.repeat(250));
    await writeAtomically(path, 'long');
    expect(readFileSync(path, 'utf8')).toBe('long');
    rmSync(path);
  });
});

describe.runIf(process.platform !== 'win32')('what is not a regular file', () => {
  const pipe = join(folder, 'pipe');
  const readers = { readBytes, loadSafetensors, loadCheckpoint };
  const wanted = /expected a file that can be read, got Error: something that is not a file/;

  it.each(Object.entries(readers))('is refused by %s, without waiting for it', async (_, read) => {
    rmSync(pipe, { force: true });
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    for (const path of [pipe, '/dev/zero', folder]) {
      await expect(read(path)).rejects.toThrow(wanted);
      await expect(read(path)).rejects.toThrow(FileError);
    }
  });

  it('is not replaced', async () => {
    rmSync(pipe, { force: true });
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    for (const path of [pipe, '/dev/null']) {
      await expect(saveCheckpoint(path, { epoch: 1 })).rejects.toThrow(/got Error: something that is not a file/);
      expect(statSync(path).isFile()).toBe(false);
    }
  });
});
