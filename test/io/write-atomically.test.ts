import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileError } from '../../src/errors.js';
import { writeAtomically } from '../../src/io/index.js';

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
    const taken = join(folder, 'taken');
    mkdirSync(join(taken, 'inner'), { recursive: true });
    await expect(writeAtomically(taken, 'new')).rejects.toThrow(/taken: expected a file that can be written, got /);
    expect(readdirSync(folder).sort()).toEqual(['file.txt', 'taken']);
  });
});
