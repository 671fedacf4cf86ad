import { nodeModule } from '../../../platform.js';
import * as transforms from '../../transforms/index.js';
import type { Recipe, Transform } from '../../transforms/transform.js';
import { readImage } from './image-reader.js';
import type { ImageReply, ImageRequest, ImageWorkerData } from './worker-messages.js';

// The script of a worker thread. The build bundles this module and what it imports into image-worker.generated.cjs,
// which image-workers.ts starts. No other module imports it.

const { parentPort, workerData } = nodeModule('worker_threads');
const { recipes, maxPixels } = workerData as ImageWorkerData;
const makers: Readonly<Record<string, (...args: never[]) => Transform>> = transforms;
const stages = recipes.map(({ name, args }: Recipe) => makers[name](...(args as never[])));

parentPort?.on('message', async ({ id, path, seed }: ImageRequest) => {
  const reply = await replyTo(id, path, seed);
  const buffers = 'image' in reply ? [reply.image.data.buffer as ArrayBuffer] : [];
  parentPort.postMessage(reply, buffers);
});

async function replyTo(id: number, path: string, seed: number): Promise<ImageReply> {
  try {
    return { id, image: await readImage({ path, seed }, stages, maxPixels) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { id, error: { name, message } };
  }
}
