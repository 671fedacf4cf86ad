import cliProgress from 'cli-progress';
import { duration } from './format.js';

/** Milliseconds between lines of output where no bar can be drawn. */
const quietFor = 30_000;

/**
 * Shows the progress of a piece of work: on a terminal as a bar, which disappears at the end; elsewhere as an occasional
 * line. The note must fit in 80 columns together with the name, bar and percentage.
 */
export class Progress {
  readonly #bar: cliProgress.SingleBar | null;
  readonly #name: string;
  readonly #total: number;
  #lastLine = Date.now();

  constructor(name: string, total: number) {
    this.#name = name;
    this.#total = Math.max(1, total);
    this.#bar = process.stderr.isTTY ? new cliProgress.SingleBar(style, cliProgress.Presets.shades_classic) : null;
    this.#bar?.start(this.#total, 0, { name, note: '' });
  }

  /** Shows that `done` of the total is done, with a note. */
  update(done: number, note: string): void {
    this.#bar?.update(Math.min(done, this.#total), { name: this.#name, note });
    if (this.#bar || Date.now() - this.#lastLine < quietFor) return;
    this.#lastLine = Date.now();
    console.log(`${this.#name}  ${Math.floor((100 * done) / this.#total)} %  ${note}`);
  }

  /** Removes the bar. */
  stop(): void {
    this.#bar?.stop();
  }
}

const style: cliProgress.Options = {
  format: '{name} {bar} {percentage}% {note}',
  barsize: 10,
  clearOnComplete: true,
  hideCursor: true,
  gracefulExit: false,
  linewrap: false,
  fps: 5,
};

/** Estimates the time left for a piece of work that started with a share `from` of the whole already done. */
export function timeLeft(from: number, share: number, seconds: number): string {
  const speed = (share - from) / seconds;
  return share > from ? `${duration((1 - share) / speed)} left` : '';
}
