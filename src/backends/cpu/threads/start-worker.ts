import type { Worker as NodeWorker } from 'node:worker_threads';
import { isNode, nodeModule } from '../../../platform.js';
import type { WorkerData } from './control.js';
import { workerSource } from './worker.generated.js';

/** A worker thread that has been started. */
export interface WorkerThread {
  /**
   * Returns true if the thread, which has begun to run, has ended, even before its events arrive; null if the engine
   * does not report it, or not yet.
   */
  hasEnded(): boolean | null;
  /** Ends the thread, whatever it does. */
  end(): void;
}

/** Called when something happens to a worker thread, but never during a job. */
export interface WorkerEvents {
  /** It ended with an error. */
  failed(reason: unknown): void;
  /** It ended. */
  ended(): void;
}

/** Address of the worker's script in browsers. */
let workerUrl: string | undefined;

/**
 * Starts a worker thread, which does not keep the process alive.
 *
 * @throws the error of the engine when it has no workers or refuses to start one
 */
export function startWorker(data: WorkerData, events: WorkerEvents): WorkerThread {
  return isNode ? startNodeWorker(data, events) : startWebWorker(data, events);
}

function startNodeWorker(data: WorkerData, { failed, ended }: WorkerEvents): WorkerThread {
  const { Worker } = nodeModule('worker_threads');
  // The worker does not need the loaders and options of the program, which would slow its start.
  const worker: NodeWorker = new Worker(workerSource, { eval: true, workerData: data, execArgv: [], env: {} });
  worker.on('error', failed);
  worker.on('exit', ended);
  let online = false;
  worker.on('online', () => {
    online = true;
  });
  worker.unref();
  return {
    hasEnded() {
      // the event loop of a thread that has ended has an idle time of -1, or no times if they were never read before
      const { idle, active } = worker.performance.eventLoopUtilization();
      if (idle < 0 || active > 0) return idle < 0;
      // nor has one that runs, until the program has returned to its own event loop
      return online || null;
    },
    end: () => void worker.terminate(),
  };
}

function startWebWorker(data: WorkerData, { failed, ended }: WorkerEvents): WorkerThread {
  workerUrl ??= URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(workerUrl);
  worker.onerror = (event) => {
    worker.terminate();
    // the error event has no message if the page is not allowed to load the script
    failed(
      event.message || "an error without a message, for example because the page's policy lacks `worker-src blob:`",
    );
    ended();
  };
  try {
    worker.postMessage(data);
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return { hasEnded: () => null, end: () => worker.terminate() };
}
