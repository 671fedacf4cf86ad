import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
  /** The first of the folders that had to be created for this one. */
  readonly #created: string | undefined;
  readonly #written = new Set<string>();

  private constructor(path: string, created?: string) {
    this.path = path;
    this.checkpoint = join(path, 'checkpoint.safetensors');
    this.report = join(path, 'report.html');
    this.#created = created;
  }

  /**
   * Creates the folder of a new run.
   *
   * @throws UserError when the folder cannot be written to.
   */
  static async create(path: string): Promise<RunFolder> {
    try {
      return new RunFolder(path, await mkdir(path, { recursive: true }));
    } catch (error) {
      throw notWritable(path, error);
    }
  }

  /**
   * Opens the folder of an existing run, which may be in use by another process. Changes nothing in it.
   *
   * @throws UserError when the folder has no checkpoint.
   */
  static open(path: string): RunFolder {
    const folder = new RunFolder(path);
    if (folder.hasCheckpoint()) return folder;
    throw new UserError(`--resume: expected a folder with a run's checkpoint.safetensors, got ${path}`);
  }

  /** True if the folder contains a run. */
  hasCheckpoint(): boolean {
    return existsSync(this.checkpoint);
  }

  /**
   * Runs `body` as the only process that writes to this folder. `flag` is the option that named the folder.
   *
   * @throws UserError when another process does so, or when the folder cannot be written to.
   */
  async own<R>(flag: string, body: () => Promise<R>): Promise<R> {
    let failed: unknown;
    const settled = async () => {
      try {
        return await body();
      } catch (error) {
        failed = error;
        throw error;
      }
    };
    const onWait = ({ pid, host }: io.LockHolder) => {
      const wanted = `a folder that no other process is writing to, got ${this.path}`;
      throw new UserError(`${flag}: expected ${wanted}, which process ${pid} on ${host} is using`);
    };
    try {
      return await io.withLock(join(this.path, 'lock'), settled, { onWait });
    } catch (error) {
      if (error instanceof UserError || error === failed) throw error;
      throw notWritable(this.path, error);
    }
  }

  /** Begins a run: stores its settings and empties its metrics. */
  async begin(config: object): Promise<void> {
    try {
      await this.replace('config.json', `${JSON.stringify(config, null, 2)}\n`);
      await this.replace('metrics.jsonl', '');
    } catch (error) {
      throw notWritable(this.path, error);
    }
  }

  /** The settings that `begin` has stored. */
  async config(): Promise<unknown> {
    const path = join(this.path, 'config.json');
    try {
      return JSON.parse(await readFile(path, 'utf8'));
    } catch (error) {
      throw new UserError(`--resume: expected the settings of a run in ${path}, got ${error}`);
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

  /**
   * Appends a line to metrics.jsonl.
   *
   * @throws UserError when that fails, for example on a full disk.
   */
  async addMetrics(row: Metrics): Promise<void> {
    const path = join(this.path, 'metrics.jsonl');
    try {
      await appendFile(path, lineOf(row), { flush: true });
    } catch (error) {
      throw new UserError(`${path}: expected a file that can be written, got ${error}`);
    }
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
    this.#written.add(name);
    await io.writeAtomically(join(this.path, name), text);
  }

  /** Removes what this object has written unless there is a checkpoint. */
  discardUnbegun(): void {
    if (this.hasCheckpoint()) return;
    for (const name of this.#written) rmSync(join(this.path, name), { force: true });
  }

  /** Removes the folders that this object had to create, unless they contain anything. */
  removeEmpty(): void {
    const created = this.#created;
    for (let path = this.path; created !== undefined && path.length >= created.length; path = dirname(path)) {
      try {
        rmdirSync(path);
      } catch {
        return;
      }
    }
  }
}

function lineOf(row: Metrics): string {
  return `${JSON.stringify(row)}\n`;
}

function notWritable(path: string, error: unknown): UserError {
  return new UserError(`--out: expected a folder that can be written to, got ${path} (${(error as Error).message})`);
}
