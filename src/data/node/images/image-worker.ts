import { nodeModule } from '../../../platform.js';
import * as transforms from '../../transforms/index.js';
import type { Recipe, Transform } from '../../transforms/transform.js';
import { type ImageJob, readImage } from './image-reader.js';
import type { ImageReply, ImageRequest, ImageWorkerData } from './worker-messages.js';

// The script of a worker thread. The build bundles this module and what it imports into image-worker.generated.cjs,
// which image-workers.ts starts. No other module imports it.

const { parentPort, workerData } = nodeModule('worker_threads');
const { recipes, maxPixels } = workerData as ImageWorkerData;
const makers: Readonly<Record<string, (...args: never[]) => Transform>> = transforms;
const stages = recipes.map(({ name, args }: Recipe) => makers[name](...(args as never[])));

let work = Promise.resolve();
parentPort?.on('message', (request: ImageRequest) => {
  work = work.then(() => readClaimed(request));
});

/** Reads images one by one, as long as there are any that no thread has claimed. */
async function readClaimed({ first, jobs, claimed }: ImageRequest): Promise<void> {
  const counter = new Int32Array(claimed);
  for (let i = Atomics.add(counter, 0, 1); i < jobs.length; i = Atomics.add(counter, 0, 1)) {
    const reply = await replyTo(first + i, jobs[i]);
    parentPort?.postMessage(reply, 'image' in reply ? [reply.image.data.buffer as ArrayBuffer] : []);
  }
}

async function replyTo(id: number, job: ImageJob): Promise<ImageReply> {
  try {
    return { id, image: await readImage(job, stages, maxPixels) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { id, error: { name, message } };
  }
}
