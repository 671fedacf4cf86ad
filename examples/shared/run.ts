import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Interrupt, onInterrupt } from './interrupt.js';
import { RunFolder } from './run-folder.js';
import type { CommandLine, TrainingSettings } from './training.js';
import { UserError } from './user-error.js';

/** The settings of a run and the folder with its results. */
export interface StoredRun<S> {
  readonly folder: RunFolder;
  readonly settings: S;
}

/** A run to begin or to resume. */
export interface Run<S> extends StoredRun<S> {
  readonly resume: boolean;
  readonly interrupt: Interrupt;
}

/**
 * Calls `body` with a new run, or with the run to resume, whose settings are read from config.json. No other process
 * can write to its folder meanwhile. If the command line names no folder, `name` becomes part of the folder's name. If
 * a new run ends before its first checkpoint, its folder is removed.
 *
 * @throws UserError when the folder cannot be used, or when a given setting differs from that of the resumed run.
 */
export async function withRun<S extends TrainingSettings>(
  example: string,
  name: string,
  line: CommandLine<S, object>,
  body: (run: Run<S>) => Promise<void>,
): Promise<void> {
  const interrupt = onInterrupt();
  try {
    if (line.resume === null) await newRun(example, name, line, (run) => body({ ...run, resume: false, interrupt }));
    else {
      const run = await readRun(line.resume, line);
      await run.folder.own('--resume', () => body({ ...run, resume: true, interrupt }));
    }
  } finally {
    interrupt.release();
  }
}

async function newRun<S extends TrainingSettings>(
  example: string,
  name: string,
  { out, settings }: CommandLine<S, object>,
  body: (run: StoredRun<S>) => Promise<void>,
): Promise<void> {
  const now = new Date().toISOString();
  const time = now.replace(/\..*/, '').replace('T', '-').replaceAll(':', '');
  const path = out ?? join('runs', `${time}-${[name, ...settings.optimizer].join('-').slice(0, 60)}`);
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const folder = await RunFolder.create(path);
  const onExit = () => {
    folder.discardUnbegun();
    folder.removeEmpty();
  };
  try {
    await folder.own('--out', async () => {
      if (folder.hasCheckpoint()) {
        const wanted = `a folder without a run, got ${path}`;
        throw new UserError(`--out: expected ${wanted}; to resume that run, use --resume ${path}`);
      }
      // a signal before the training begins ends the process without returning here
      process.on('exit', onExit);
      try {
        await folder.begin({ example, antinode: version, node: process.version, begun: now, settings });
        await body({ folder, settings });
      } finally {
        process.off('exit', onExit);
        folder.discardUnbegun();
      }
    });
  } finally {
    folder.removeEmpty();
  }
}

/**
 * Returns the run in a folder, to resume it or to read its results.
 *
 * @throws UserError when the folder has no run, or when a given setting differs from that of the run.
 */
export async function readRun<S extends TrainingSettings>(
  path: string,
  { settings, given }: CommandLine<S, object>,
): Promise<StoredRun<S>> {
  const folder = RunFolder.open(path);
  const stored = ((await folder.config()) as { settings?: S } | null)?.settings;
  for (const name of Object.keys(settings)) {
    if (stored && name in stored) continue;
    throw new UserError(`--resume: expected the setting ${name} in ${join(path, 'config.json')}, got none`);
  }
  for (const name of given) {
    if (isDeepStrictEqual(settings[name], stored?.[name])) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(`option '--${flag}': expected ${stored?.[name]}, as in the resumed run, got ${settings[name]}`);
  }
  return { folder, settings: stored as S };
}
