import type { Report, Request } from '../protocol.js';

/** The worker that trains. A failed worker is replaced by a new one. */
export class Trainer {
  readonly #report: (report: Report) => void;
  #worker: Worker | null = null;

  /** Starts the worker. `report` receives its messages, including a failure to start. */
  constructor(report: (report: Report) => void) {
    this.#report = report;
    this.restart();
  }

  send(request: Request): void {
    this.#worker?.postMessage(request);
  }

  /** Ends the worker, whatever it is doing, and starts a new one. */
  restart(): void {
    this.#worker?.terminate();
    const worker = new Worker('worker.js', { type: 'module', name: 'trainer' });
    const fail = (message: string) => {
      if (worker === this.#worker) this.#report({ kind: 'failed', message });
    };
    worker.addEventListener('message', ({ data }: MessageEvent<Report>) => {
      if (worker === this.#worker) this.#report(data);
    });
    worker.addEventListener('error', (event) => fail(event.message || 'the worker cannot start'));
    worker.addEventListener('messageerror', () => fail('a message from the worker cannot be read'));
    this.#worker = worker;
  }
}
