import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./busy.mjs', import.meta.url));

/**
 * Runs `body` beside `count` processes that each keep a core busy, and passes it their ids. They end with it, and also
 * if this process ends first, however it does.
 */
export async function besideBusy<T>(count: number, body: (ids: (number | undefined)[]) => Promise<T>): Promise<T> {
  const started = Array.from({ length: count }, () =>
    spawn(process.execPath, [script, String(process.pid)], { stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  try {
    await Promise.all(started.map((child) => once(child.stdout as NodeJS.ReadableStream, 'data')));
    return await body(started.map(({ pid }) => pid));
  } finally {
    await Promise.all(started.map(end));
  }
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
