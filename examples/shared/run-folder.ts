import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { io } from 'antinode';
import { UserError } from './user-error.js';

/** One line of metrics.jsonl: the optimizer, the epoch (from 1), and numbers. */
export interface Metrics {
  readonly optimizer: string;
  readonly epoch: number;
  readonly [name: string]: number | string;
}

/** The folder of a run: settings, metrics, last checkpoint, models and report. */
export class RunFolder {
  readonly path: string;
  readonly checkpoint: string;
  readonly report: string;

  private constructor(path: string) {
    this.path = path;
    this.checkpoint = join(path, 'checkpoint.safetensors');
    this.report = join(path, 'report.html');
  }

  /**
   * Creates the folder of a new run.
   *
   * @throws UserError when the folder cannot be written to or already contains a run.
   */
  static async create(path: string, config: object): Promise<RunFolder> {
    const folder = new RunFolder(path);
    try {
      await mkdir(path, { recursive: true });
      if (existsSync(folder.checkpoint)) {
        throw new UserError(
          `--out: expected a folder without a run, got ${path}; to resume that run, use --resume ${path}`,
        );
      }
      await folder.replace('config.json', `${JSON.stringify(config, null, 2)}\n`);
      await folder.replace('metrics.jsonl', '');
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`--out: expected a folder that can be written to, got ${path} (${(error as Error).message})`);
    }
    return folder;
  }

  /**
   * Opens the folder of an interrupted run and reads its settings.
   *
   * @throws UserError when the folder has no checkpoint or no readable settings.
   */
  static async open(path: string): Promise<{ folder: RunFolder; config: unknown }> {
    const folder = new RunFolder(path);
    if (!existsSync(folder.checkpoint)) {
      throw new UserError(`--resume: expected a folder with a run's checkpoint.safetensors, got ${path}`);
    }
    try {
      const config: unknown = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'));
      // Left behind if the process was killed while it wrote.
      for (const name of await readdir(path)) if (name.endsWith('.part')) await rm(join(path, name));
      return { folder, config };
    } catch (error) {
      throw new UserError(`--resume: expected the settings of a run in ${join(path, 'config.json')}, got ${error}`);
    }
  }

  /** The file with the weights of the model that an optimizer trains, saved after each epoch. */
  weights(optimizer: string): string {
    return join(this.path, `${optimizer}.safetensors`);
  }

  /** Replaces the lines of metrics.jsonl. */
  async writeMetrics(rows: readonly Metrics[]): Promise<void> {
    await this.replace('metrics.jsonl', rows.map(lineOf).join(''));
  }

  /** Appends a line to metrics.jsonl. */
  async addMetrics(row: Metrics): Promise<void> {
    await appendFile(join(this.path, 'metrics.jsonl'), lineOf(row), { flush: true });
  }

  /**
   * Reads the text of a file of the folder.
   *
   * @throws UserError when the file does not exist.
   */
  async read(name: string): Promise<string> {
    const path = join(this.path, name);
    if (!existsSync(path))
      throw new UserError(`expected ${path}, which every run writes when it begins, got no such file`);
    return readFile(path, 'utf8');
  }

  /** Writes a file of the folder atomically: a killed process leaves either the old content or the new. */
  async replace(name: string, text: string): Promise<void> {
    await io.writeAtomically(join(this.path, name), text);
  }
}

function lineOf(row: Metrics): string {
  return `${JSON.stringify(row)}\n`;
}
