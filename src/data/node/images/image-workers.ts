import type { Worker } from 'node:worker_threads';
import { AntinodeError } from '../../../errors.js';
import { nodeModule } from '../../../platform.js';
import type { Images } from '../../transforms/transform.js';
import { errorNamed, type ImageJob } from './image-reader.js';
import type { ImageReply, ImageRequest, ImageWorkerData } from './worker-messages.js';

interface Pending {
  resolve(image: Images): void;
  reject(error: unknown): void;
}

/**
 * Worker threads that read images. All threads receive all images and claim them one by one, so that they go on without
 * the calling thread, which is busy most of the time. They keep the process alive only while images are being read.
 */
export class ImageWorkers {
  readonly #threads: readonly Worker[];
  /** The images that have not arrived, by number. */
  readonly #pending = new Map<number, Pending>();
  #next = 0;
  #closed: Error | null = null;

  /** @throws the error of Node if it may not start threads or the script is missing, as in programs in one file. */
  constructor(count: number, data: ImageWorkerData) {
    const { Worker } = nodeModule('worker_threads');
    const script = nodeModule('url').fileURLToPath(new URL('image-worker.generated.cjs', import.meta.url));
    nodeModule('fs').accessSync(script);
    this.#threads = Array.from({ length: count }, () => {
      // the loaders and options of the program would slow the start
      const thread = new Worker(script, { workerData: data, execArgv: [] });
      thread.unref();
      thread.on('message', (reply: ImageReply) => this.#receive(reply));
      thread.on('error', (error) => this.#fail(error));
      thread.on('exit', (code) => this.#fail(`one that ended with status ${code}`));
      return thread;
    });
  }

  /** Reads images; the promises reject with the errors of readImage, and AntinodeError if a thread has ended. */
  read(jobs: readonly ImageJob[]): Promise<Images>[] {
    const { length } = jobs;
    const first = this.#next;
    this.#next += length;
    const promises = jobs.map(
      (_, i) => new Promise<Images>((resolve, reject) => this.#pending.set(first + i, { resolve, reject })),
    );
    if (this.#closed) this.#reject(this.#closed);
    else if (length > 0) {
      const request: ImageRequest = { first, jobs, claimed: new SharedArrayBuffer(4) };
      for (const thread of this.#threads) {
        thread.postMessage(request);
        thread.ref();
      }
    }
    return promises;
  }

  /** Ends the threads, also in the middle of an image; images that have not been read are rejected. */
  close(): void {
    this.#end(new AntinodeError('imageFolder: expected a loop that goes on, got one that has ended'));
  }

  #receive(reply: ImageReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('image' in reply) pending?.resolve(reply.image);
    else pending?.reject(errorNamed(reply.error.name, reply.error.message));
    if (this.#pending.size === 0) for (const thread of this.#threads) thread.unref();
  }

  #fail(reason: unknown): void {
    this.#end(new AntinodeError(`imageFolder: expected worker threads that run, got ${reason}`, { cause: reason }));
  }

  #end(error: Error): void {
    if (this.#closed) return;
    this.#closed = error;
    for (const thread of this.#threads) {
      thread.unref();
      void thread.terminate();
    }
    this.#reject(error);
  }

  #reject(error: Error): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of all) reject(error);
  }
}
