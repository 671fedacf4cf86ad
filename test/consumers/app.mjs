// Packs the package and installs it into a separate folder, as users do.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const here = fileURLToPath(new URL('.', import.meta.url));
export const require = createRequire(import.meta.url);

/** Runs a program until it ends and returns its exit status and output. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const written = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (text) => {
        written[stream] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...written }));
  });
}

/** Packs the package, installs the tarball next to the test programs, and returns the folder. */
export async function installApp(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(here, 'programs'), folder, { recursive: true });
  const packed = await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new Error(`npm pack: expected a tarball, got ${packed.stderr}`);
  const manifest = { name: 'app', private: true, type: 'module', dependencies: { antinode: `file:${tarball}` } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--omit=peer'];
  const installed = await run('npm', ['install', ...flags], { cwd: folder });
  if (installed.status !== 0) throw new Error(`npm install: expected status 0, got ${installed.stderr}`);
  return folder;
}

/** The manifest of the installed package. */
export function manifestOf(app) {
  return JSON.parse(readFileSync(join(app, 'node_modules/antinode/package.json'), 'utf8'));
}

/** Describes where the report of a program differs from the expected one. */
export function differences(what, report, expected) {
  return Object.entries(expected).flatMap(([key, wanted]) => {
    const got = JSON.stringify(report?.[key]);
    const isRight = typeof wanted === 'function' ? wanted(report?.[key]) : got === JSON.stringify(wanted);
    return isRight
      ? []
      : [`${what}: expected ${key} ${typeof wanted === 'function' ? wanted : JSON.stringify(wanted)}, got ${got}`];
  });
}

/** The report of programs/train.ts in every environment where it can train. */
export const trained = {
  losses: (losses) => losses?.length === 2 && losses.every(Number.isFinite),
  saved: 9,
  names: ['ShapeError', 'ValueError', 'Linear', 'ResNet', 'Adam'],
};
