import cliProgress from 'cli-progress';
import { duration } from './format.js';

/** Milliseconds between signs of life where no bar can be drawn. */
const quietFor = 30_000;

/**
 * Shows how far a piece of work is: a bar on a terminal, which vanishes at the end, and elsewhere a line now and then.
 * What is said beside it must fit 80 columns together with name, bar and percentage.
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

  /** Shows that `done` of the total is done, and some words. */
  update(done: number, note: string): void {
    this.#bar?.update(Math.min(done, this.#total), { name: this.#name, note });
    if (this.#bar || Date.now() - this.#lastLine < quietFor) return;
    this.#lastLine = Date.now();
    console.log(`${this.#name}  ${Math.floor((100 * done) / this.#total)} %  ${note}`);
  }

  /** Takes the bar away. */
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

/** Estimates when a piece of work that started at a share `from` of the whole will be over. */
export function timeLeft(from: number, share: number, seconds: number): string {
  const speed = (share - from) / seconds;
  return share > from ? `${duration((1 - share) / speed)} left` : '';
}
