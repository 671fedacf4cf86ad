import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How long to run a workload, in milliseconds, and the maximum number of steps to time. */
export interface Budget {
  warmup: number;
  measure: number;
  most: number;
}

/** The first line that a process writes: what it runs, or what is missing. */
export interface Hello {
  peer?: string;
  version?: string;
  threads?: number;
  note?: string;
  missing?: string;
}

/** What a device did for one step. */
export interface Work {
  /** Kernels run. */
  launches: number;
  /** Bytes of the tensors that the kernels read and wrote. */
  bytesMoved: number;
}

/** Times of the steps of one request, in milliseconds, or why there are none. */
export interface Answer {
  workload: string;
  ms?: number[];
  /** Processor time of all threads of the process while it answered, in milliseconds. */
  cpu?: number;
  /** What the device did for one step, if it counts. */
  work?: Work;
  unsupported?: string;
}

/**
 * A process that stays warm and times workloads on request, so that frameworks can run alternately within one run.
 * Requests and answers are JSON, one per line.
 */
export class Runner {
  readonly hello: Promise<Hello>;
  readonly #child: ChildProcess;
  readonly #waiting: ((message: object) => void)[] = [];
  #ended: string | undefined;

  constructor(command: string, args: string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaints = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-2000);
    });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.startsWith('{')) this.#waiting.shift()?.(JSON.parse(line));
    });
    const end = (why: string) => {
      this.#ended = why;
      for (const answer of this.#waiting.splice(0)) answer({ missing: why, unsupported: why });
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('close', (status, signal) => {
      const lines = complaints.trim().split('\n');
      const complaint = lines.find((text) => /error/i.test(text)) ?? lines.at(-1);
      end([`ended with ${signal ?? `status ${status}`}`, ...(complaint ? [complaint] : [])].join(': '));
    });
    // `end` answers requests to a process that has ended, so the broken pipe can be ignored.
    this.#child.stdin?.on('error', () => {});
    this.hello = this.#next() as Promise<Hello>;
  }

  /** The id of the process; undefined if it did not start. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Times one workload; if the process has ended, the answer states why. */
  async run(workload: string, budget: Budget): Promise<Answer> {
    if (this.#ended !== undefined) return { workload, unsupported: this.#ended };
    const answer = this.#next() as Promise<Answer>;
    this.#child.stdin?.write(`${JSON.stringify({ workload, ...budget })}\n`);
    return { ...(await answer), workload };
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill();
    await closed;
  }

  #next(): Promise<object> {
    if (this.#ended !== undefined) return Promise.resolve({ missing: this.#ended });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
