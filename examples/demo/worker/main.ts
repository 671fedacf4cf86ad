// Trains in a worker, so that the page stays responsive. protocol.ts defines the messages.
import 'antinode/gpu';
import type { Report, Request, Settings } from '../protocol.js';
import { Comparison } from './comparison.js';
import { Gate, Stopped } from './gate.js';
import { fetchImages, type Images, shownOf } from './images.js';
import { findMenus } from './menus.js';

let images: Images | null = null;
let running: { readonly gate: Gate; readonly comparison: Promise<Comparison> } | null = null;

function post(report: Report): void {
  postMessage(report, { transfer: report.kind === 'file' ? [report.bytes.buffer] : [] });
}

function fail(error: unknown): void {
  post({ kind: 'failed', message: textOf(error) });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function train(images: Images, settings: Settings): Promise<void> {
  const gate = new Gate();
  const beginning = Comparison.begin(settings, images);
  running = { gate, comparison: beginning };
  try {
    const comparison = await beginning;
    try {
      post(comparison.describe());
      await comparison.train(gate, post);
    } finally {
      comparison.dispose();
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    running = null;
  }
  post({ kind: 'reset' });
}

function answer(request: Request): void {
  if (request.kind === 'train') {
    if (images && !running) train(images, request.settings).catch(fail);
  } else if (running) {
    const { gate, comparison } = running;
    if (request.kind === 'pause') {
      gate.pause();
      gate.between(async () => post({ kind: 'paused' }));
    } else if (request.kind === 'resume') {
      gate.resume();
      post({ kind: 'resumed' });
    } else if (request.kind === 'export') {
      gate.between(async () => {
        const file = (await comparison).export(request.side);
        // A failed export does not stop training.
        post(await file.catch((error) => ({ kind: 'not-exported', message: textOf(error) }) as const));
      });
    } else {
      gate.stop();
    }
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => answer(data));
addEventListener('unhandledrejection', ({ reason }) => fail(reason));

try {
  post(await findMenus());
  images = await fetchImages();
  post(shownOf(images));
} catch (error) {
  fail(error);
}
