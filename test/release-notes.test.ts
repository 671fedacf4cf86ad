import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './helpers/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-release-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const changelog = `# Changelog

## [Unreleased]

## [1.2.3] - 2026-01-31

### Added

- A thing.

## [1.2.2] - 2026-01-01

- An older thing.
`;

/** The files that are checked for a release. */
function filesOf(version: string): Record<string, string> {
  return {
    'package.json': JSON.stringify({ version }),
    'package-lock.json': JSON.stringify({ version, packages: { '': { version } } }),
    'CITATION.cff': `cff-version: 1.2.0\nversion: ${version}\n`,
    'CHANGELOG.md': changelog,
  };
}

function notes(tag: string, files: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const script = join(root, 'scripts', 'release-notes.mjs');
  return spawnSync(process.execPath, [script, tag], { cwd: folder, encoding: 'utf8' });
}

describe('the notes of a release', () => {
  it('are its section of the changelog', () => {
    const { status, stdout, stderr } = notes('v1.2.3', filesOf('1.2.3'));
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toBe('### Added\n\n- A thing.\n');
    const crlf = { ...filesOf('1.2.3'), 'CHANGELOG.md': changelog.replaceAll('\n', '\r\n') };
    expect(notes('v1.2.3', crlf).stdout).toBe(stdout);
  });

  const good = filesOf('1.2.3');
  it.each<[string, string, Record<string, string>, string]>([
    ['a tag without a version', 'main', good, "expected a tag like v1.2.3, got 'main'"],
    ['a tag that is not the version', 'v1.2.2', good, 'expected version 1.2.2 in package.json, got 1.2.3'],
    [
      'a lock file of another version',
      'v1.2.3',
      { ...good, 'package-lock.json': JSON.stringify({ version: '1.2.3', packages: { '': { version: '1.2.2' } } }) },
      "expected version 1.2.3 in package-lock.json's first package, got 1.2.2",
    ],
    [
      'a citation of another version',
      'v1.2.3',
      { ...good, 'CITATION.cff': 'version: 1.2.2\n' },
      'expected version 1.2.3 in CITATION.cff, got 1.2.2',
    ],
    ['a version without a section', 'v2.0.0', filesOf('2.0.0'), 'in CHANGELOG.md, got none'],
    [
      'a section without a date',
      'v1.2.3',
      { ...good, 'CHANGELOG.md': changelog.replace('2026-01-31', 'soon') },
      "in CHANGELOG.md, got '## [1.2.3] - soon'",
    ],
    [
      'a section without text',
      'v1.2.3',
      { ...good, 'CHANGELOG.md': '## [1.2.3] - 2026-01-31\n\n## [1.2.2] - 2026-01-01\n' },
      "expected text below '## [1.2.3] - 2026-01-31' in CHANGELOG.md, got none",
    ],
  ])('are refused for %s', (_, tag, files, message) => {
    const { status, stdout, stderr } = notes(tag, files);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`release-notes: expected`);
    expect(stderr).toContain(message);
  });
});
