import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { RunFolder } from './run-folder.js';
import type { CommandLine, TrainingSettings } from './training.js';
import { UserError } from './user-error.js';

/** A run to begin or to resume. */
export interface Run<S> {
  readonly folder: RunFolder;
  readonly settings: S;
  readonly resume: boolean;
}

/**
 * Creates the folder of a new run, or opens the folder of the run to resume, whose settings are read from config.json.
 * If the command line names no folder, `name` becomes part of the folder's name.
 *
 * @throws UserError when the folder cannot be used, or when a given setting differs from that of the resumed run.
 */
export async function openRun<S extends TrainingSettings>(
  example: string,
  name: string,
  line: CommandLine<S, object>,
): Promise<Run<S>> {
  if (line.resume !== null) return resumeRun(line.resume, line);
  const { settings } = line;
  const now = new Date().toISOString();
  const time = now.replace(/\..*/, '').replace('T', '-').replaceAll(':', '');
  const path = line.out ?? join('runs', `${time}-${[name, ...settings.optimizer].join('-').slice(0, 60)}`);
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const config = { example, antinode: version, node: process.version, begun: now, settings };
  return { folder: await RunFolder.create(path, config), settings, resume: false };
}

async function resumeRun<S extends TrainingSettings>(
  path: string,
  { settings, given }: CommandLine<S, object>,
): Promise<Run<S>> {
  const { folder, config } = await RunFolder.open(path);
  const stored = (config as { settings?: S } | null)?.settings;
  for (const name of Object.keys(settings)) {
    if (stored && name in stored) continue;
    throw new UserError(`--resume: expected the setting ${name} in ${join(path, 'config.json')}, got none`);
  }
  for (const name of given) {
    if (isDeepStrictEqual(settings[name], stored?.[name])) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(`option '--${flag}': expected ${stored?.[name]}, as in the resumed run, got ${settings[name]}`);
  }
  return { folder, settings: stored as S, resume: true };
}
