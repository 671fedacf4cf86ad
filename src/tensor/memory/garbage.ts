import { isNode, nodeModule } from '../../platform.js';

/** Turns of the event loop in which finalizers may run before `collectGarbage` gives up. */
const mostTurns = 8;

/** Bytes of the buffers that make an engine without a callable collector start a collection, and their number. */
const ballastBytes = 64 * 2 ** 20;
const ballastBuffers = 8;

let collect: (() => void) | undefined;

/** Starts a garbage collection. Finalizers run later, in turns of the event loop. */
export function requestCollection(): void {
  collect ??= collector();
  collect();
}

/** Collects garbage and waits until the finalizers have run, or for a few turns of the event loop. */
export async function collectGarbage(): Promise<void> {
  let finished = false;
  const registry = new FinalizationRegistry<null>(() => {
    finished = true;
  });
  registry.register({}, null);
  for (let i = 0; i < mostTurns && !finished; i++) {
    await turn();
    requestCollection();
    await turn();
  }
}

/** The collector of the engine if it can be called, else one that puts the engine under pressure. */
function collector(): () => void {
  const exposed = (globalThis as { gc?: () => void }).gc ?? (isNode ? nodeCollector() : undefined);
  return exposed ?? addPressure;
}

/** Node makes its collector visible to contexts that are created after the flag was set. */
function nodeCollector(): (() => void) | undefined {
  try {
    nodeModule('v8').setFlagsFromString('--expose-gc');
    return nodeModule('vm').runInNewContext('typeof gc === "function" ? gc : undefined');
  } catch {
    return undefined;
  }
}

/** Engines count the bytes of buffers as garbage that is worth a collection; untouched, they occupy no memory. */
function addPressure(): void {
  for (let i = 0; i < ballastBuffers; i++) new ArrayBuffer(ballastBytes);
}

/** Waits for a turn of the event loop, without the delay that browsers give to timers. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
