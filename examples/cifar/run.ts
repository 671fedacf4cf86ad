import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { RunFolder } from '../shared/run-folder.js';
import { UserError } from '../shared/user-error.js';
import type { CommandLine, Settings } from './options.js';

/** A run to begin or to go on with. */
export interface Run {
  readonly folder: RunFolder;
  readonly settings: Settings;
  readonly resume: boolean;
}

/**
 * Makes the folder of a fresh run, or opens that of the run to resume, whose settings are those in its config.json.
 * Throws UserError if the folder cannot be used, or if a setting was given that differs from the run's.
 */
export async function openRun(line: CommandLine): Promise<Run> {
  if (line.resume !== null) return resumeRun(line.resume, line);
  const { settings } = line;
  const name = [settings.model, `w${settings.width}`, ...settings.optimizer].join('-').slice(0, 60);
  const now = new Date().toISOString();
  const time = now.replace(/\..*/, '').replace('T', '-').replaceAll(':', '');
  const folder = line.out ?? join('runs', `${time}-${name}`);
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const config = { example: 'cifar', antinode: version, node: process.version, begun: now, settings };
  return { folder: await RunFolder.create(folder, config), settings, resume: false };
}

async function resumeRun(path: string, { settings, given }: CommandLine): Promise<Run> {
  const { folder, config } = await RunFolder.open(path);
  const stored = (config as { settings?: Settings } | null)?.settings;
  for (const name of Object.keys(settings)) {
    if (stored && name in stored) continue;
    throw new UserError(`--resume: expected the setting ${name} in ${join(path, 'config.json')}, got none`);
  }
  for (const name of given) {
    if (isDeepStrictEqual(settings[name], stored?.[name])) continue;
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UserError(`option '--${flag}': expected ${stored?.[name]}, as in the resumed run, got ${settings[name]}`);
  }
  return { folder, settings: stored as Settings, resume: true };
}
