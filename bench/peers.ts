import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Runner } from './protocol.js';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** A Python that has PyTorch: the first one on the PATH, or else the system's. */
function python(): string {
  const candidates = ['python3', '/usr/bin/python3'];
  const has = (command: string) => spawnSync(command, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
  return candidates.find(has) ?? candidates[0];
}

/** Starts a process that runs antinode's workloads, with the same protocol as the peers. */
export function startAntinode(threads: number, device: string): Runner {
  return new Runner(process.execPath, [...process.execArgv, file('./serve.ts'), String(threads), device]);
}

/** Functions that start the other frameworks, by column name. */
export const peers: Record<string, (threads: number) => Runner> = {
  pytorch: (threads) => new Runner(python(), [file('./peers/torch_steps.py'), String(threads)]),
  'tfjs-wasm': (threads) => new Runner(process.execPath, [file('./peers/tfjs_steps.mjs'), String(threads)]),
  'jax-js': (threads) => new Runner(process.execPath, [file('./peers/jax_steps.mjs'), String(threads)]),
};
