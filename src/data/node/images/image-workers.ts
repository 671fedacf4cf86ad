import type { Worker } from 'node:worker_threads';
import { AntinodeError } from '../../../errors.js';
import { nodeModule } from '../../../platform.js';
import type { Images } from '../../transforms/transform.js';
import { errorNamed, type ImageJob } from './image-reader.js';
import type { ImageReply, ImageRequest, ImageWorkerData } from './worker-messages.js';

/** Images that a worker holds at a time: while it decodes one, it reads the file of the next. */
const depth = 2;

interface Pending {
  readonly request: ImageRequest;
  resolve(image: Images): void;
  reject(error: unknown): void;
}

/**
 * Worker threads that read images. They keep the process alive only while images are being read.
 */
export class ImageWorkers {
  readonly #workers: { readonly thread: Worker; readonly held: Map<number, Pending> }[] = [];
  #waiting: Pending[] = [];
  #next = 0;
  #closed: Error | null = null;

  /** @throws the error of Node if it may not start threads or the script is missing, as in programs in one file. */
  constructor(count: number, data: ImageWorkerData) {
    const { Worker } = nodeModule('worker_threads');
    const script = nodeModule('url').fileURLToPath(new URL('image-worker.generated.cjs', import.meta.url));
    nodeModule('fs').accessSync(script);
    for (let i = 0; i < count; i++) {
      // the loaders and options of the program would slow the start
      const thread = new Worker(script, { workerData: data, execArgv: [], stdout: false, stderr: false });
      const held = new Map<number, Pending>();
      this.#workers.push({ thread, held });
      thread.unref();
      thread.on('message', (reply: ImageReply) => {
        const pending = held.get(reply.id);
        held.delete(reply.id);
        if ('image' in reply) pending?.resolve(reply.image);
        else pending?.reject(errorNamed(reply.error.name, reply.error.message));
        this.#deal();
      });
      thread.on('error', (error) => this.#fail(error));
      thread.on('exit', (code) => this.#fail(`one that ended with status ${code}`));
    }
  }

  /**
   * Reads an image.
   * @throws the errors of readImage, and AntinodeError if a thread has ended.
   */
  read(job: ImageJob): Promise<Images> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#waiting.push({ request: { ...job, id: this.#next++ }, resolve, reject });
      this.#deal();
    });
  }

  /** Ends the threads, also in the middle of an image; images that have not been read are rejected. */
  close(): void {
    this.#end(new AntinodeError('imageFolder: expected a loop that goes on, got one that has ended'));
  }

  /** Gives waiting images to the threads that hold the fewest. */
  #deal(): void {
    while (this.#waiting.length > 0) {
      const free = this.#workers.reduce((best, each) => (each.held.size < best.held.size ? each : best));
      if (free.held.size >= depth) break;
      const pending = this.#waiting.shift() as Pending;
      free.held.set(pending.request.id, pending);
      free.thread.postMessage(pending.request);
    }
    for (const { thread, held } of this.#workers) {
      if (held.size > 0) thread.ref();
      else thread.unref();
    }
  }

  #fail(reason: unknown): void {
    this.#end(new AntinodeError(`imageFolder: expected worker threads that run, got ${reason}`, { cause: reason }));
  }

  #end(error: Error): void {
    if (this.#closed) return;
    this.#closed = error;
    const pending = [...this.#waiting, ...this.#workers.flatMap(({ held }) => [...held.values()])];
    this.#waiting = [];
    for (const { thread } of this.#workers) {
      thread.unref();
      void thread.terminate();
    }
    for (const { reject } of pending) reject(error);
  }
}
