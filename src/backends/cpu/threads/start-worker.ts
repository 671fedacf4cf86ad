import type { Worker as NodeWorker } from 'node:worker_threads';
import { isNode, nodeModule } from '../../../platform.js';
import type { WorkerData } from './control.js';
import { workerSource } from './worker.generated.js';

/** Address of the worker's script in browsers. */
let workerUrl: string | undefined;

/**
 * Starts a worker thread, which does not keep the process alive.
 *
 * @param failed called with the reason if the worker ends with an error
 * @throws the error of the engine when it has no workers or refuses to start one
 */
export function startWorker(data: WorkerData, failed: (reason: unknown) => void): void {
  if (isNode) {
    const { Worker } = nodeModule('worker_threads');
    // The worker does not need the loaders and options of the program, which would slow its start.
    const worker: NodeWorker = new Worker(workerSource, { eval: true, workerData: data, execArgv: [], env: {} });
    worker.on('error', failed);
    worker.unref();
    return;
  }
  workerUrl ??= URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(workerUrl);
  worker.onerror = (event) => {
    worker.terminate();
    // the error event has no message if the page is not allowed to load the script
    failed(
      event.message || "an error without a message, for example because the page's policy lacks `worker-src blob:`",
    );
  };
  try {
    worker.postMessage(data);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
