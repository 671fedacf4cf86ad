import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { countTask } from '../../helpers/wasm.js';

let Runtime: typeof CpuRuntime;
beforeAll(async () => {
  vi.doMock('../../../src/platform.js', () => ({ isNode: false, nodeModule: () => expect.fail('this is no Node') }));
  vi.resetModules();
  ({ CpuRuntime: Runtime } = await import('../../../src/backends/cpu/runtime.js'));
});
afterAll(() => vi.doUnmock('../../../src/platform.js'));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/**
 * The globals of a worker in a page, emulated in Node: `onmessage`, which receives data, and `close`, but no modules.
 */
const pageGlobals = `
  const { parentPort, workerData } = require('node:worker_threads');
  process.getBuiltinModule = undefined;
  globalThis.close = () => parentPort.close();
  parentPort.on('message', (data) => globalThis.onmessage({ data }));
  (0, eval)(workerData);
`;

const ended = vi.fn();

/** The Worker class of a page, for scripts from the URL of a Blob. */
class PageWorker {
  onerror: ((event: { message?: string }) => void) | null = null;
  readonly #worker: Promise<NodeWorker>;

  constructor(url: string) {
    this.#worker = (async () => {
      const workerData = await resolveObjectURL(url)?.text();
      const worker = new NodeWorker(pageGlobals, { eval: true, workerData });
      worker.on('error', ({ message }) => this.onerror?.({ message }));
      worker.on('exit', ended);
      worker.unref();
      return worker;
    })();
  }

  async postMessage(data: unknown): Promise<void> {
    (await this.#worker).postMessage(data);
  }
}

function start(Worker: unknown) {
  vi.stubGlobal('Worker', Worker);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  return { warn, engine: new Runtime({ threads: 3, mostPages: 4096 }) };
}

/** How often each of 100 tasks ran. */
function counts(engine: CpuRuntime): number[] {
  const pointer = engine.allocate(400);
  engine.i32.fill(0, pointer / 4, pointer / 4 + 100);
  engine.run(engine.load(countTask), [pointer], 100);
  return Array.from(engine.i32.subarray(pointer / 4, pointer / 4 + 100));
}

const once = Array(100).fill(1);

it('a page starts workers from a Blob, which run tasks and end', async () => {
  const { engine, warn } = start(PageWorker);
  expect(engine.participants).toBe(3);
  await vi.waitUntil(() => engine.workers === 2, { timeout: 20_000 });
  expect(counts(engine)).toEqual(once);
  engine.resize(1);
  await vi.waitUntil(() => ended.mock.calls.length === 2, { timeout: 20_000 });
  expect(warn).not.toHaveBeenCalled();
});

it.each([
  ['there are none', undefined, 'Worker is not'],
  [
    'the policy forbids them at once',
    class {
      constructor() {
        throw new DOMException('Refused to create a worker', 'SecurityError');
      }
    },
    'SecurityError: Refused to create a worker',
  ],
])('a page goes on with one thread where %s', (_, Worker, reason) => {
  const { engine, warn } = start(Worker);
  expect([engine.participants, engine.threads]).toEqual([1, 1]);
  expect(counts(engine)).toEqual(once);
  expect(warn.mock.calls.map((words) => words.join(' '))).toEqual([expect.stringContaining(reason)]);
});

it('a page continues with one thread if its policy forbids workers with an event without a message', async () => {
  const terminate = vi.fn();
  class Refused {
    onerror: ((event: object) => void) | null = null;
    readonly terminate = terminate;
    constructor() {
      setTimeout(() => this.onerror?.({ type: 'error' }));
    }
    postMessage(): void {}
  }
  const { engine, warn } = start(Refused);
  expect(engine.participants).toBe(3);
  await vi.waitUntil(() => terminate.mock.calls.length === 2);
  expect([engine.participants, engine.threads]).toEqual([1, 1]);
  expect(counts(engine)).toEqual(once);
  expect(warn.mock.calls.map((words) => words.join(' '))).toEqual([expect.stringContaining('`worker-src blob:`')]);
});

it('a page ends workers that cannot receive the memory', () => {
  const terminate = vi.fn();
  class Unreachable {
    readonly terminate = terminate;
    postMessage(): void {
      throw new DOMException('could not be cloned', 'DataCloneError');
    }
  }
  const { engine, warn } = start(Unreachable);
  expect([engine.participants, terminate.mock.calls.length]).toEqual([1, 2]);
  expect(warn.mock.calls.map((words) => words.join(' '))).toEqual([expect.stringContaining('DataCloneError')]);
});
