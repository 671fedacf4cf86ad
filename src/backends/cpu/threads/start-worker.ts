import type { Worker as NodeWorker } from 'node:worker_threads';
import { isNode, nodeModule } from '../../../platform.js';
import type { WorkerData } from './control.js';
import { workerSource } from './worker.generated.js';

/** Address of the worker's script in browsers. */
let workerUrl: string | undefined;

/**
 * Starts a worker thread, which does not keep the process alive.
 *
 * @param failed is called if the worker ends with an error
 * @throws what the engine throws if it has no workers or refuses to start one
 */
export function startWorker(data: WorkerData, failed: (reason: unknown) => void): void {
  if (isNode) {
    const { Worker } = nodeModule('worker_threads');
    // Loaders and options of the program are of no use to the worker and would slow its start.
    const worker: NodeWorker = new Worker(workerSource, { eval: true, workerData: data, execArgv: [], env: {} });
    worker.on('error', failed);
    worker.unref();
    return;
  }
  workerUrl ??= URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
  const worker = new Worker(workerUrl);
  worker.onerror = (event) => {
    worker.terminate();
    // events of scripts that the page may not load carry no message
    failed(event.message || "an error without a message, as where the page's policy lacks `worker-src blob:`");
  };
  try {
    worker.postMessage(data);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
