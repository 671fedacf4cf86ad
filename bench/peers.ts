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

/** Functions that start the other frameworks, by name. */
export const peers: Record<string, (threads: number) => Runner> = {
  pytorch: (threads) => new Runner(python(), [file('./peers/torch_steps.py'), String(threads)]),
  'tfjs-wasm': (threads) => new Runner(process.execPath, [file('./peers/tfjs_steps.mjs'), String(threads)]),
  'jax-js': (threads) => new Runner(process.execPath, [file('./peers/jax_steps.mjs'), String(threads)]),
};

/** The names of the other frameworks, in the order of their columns. */
export const peerNames = Object.keys(peers);

/** The other frameworks that run here, by name, with what to print about them. */
export interface Peers {
  readonly runners: Map<string, Runner>;
  /** Version and threads of each. */
  readonly versions: Record<string, string>;
  /** Lines about frameworks that are missing or do not do everything. */
  readonly notes: string[];
}

/** Starts those of the other frameworks in `names` that are installed. */
export async function startPeers(threads: number, names: readonly string[]): Promise<Peers> {
  const found: Peers = { runners: new Map(), versions: {}, notes: [] };
  for (const name of names) {
    const runner = peers[name](threads);
    const hello = await runner.hello;
    if (hello.missing !== undefined) {
      found.notes.push(`- ${name}: left out, ${hello.missing}`);
      continue;
    }
    found.runners.set(name, runner);
    found.versions[name] = `${hello.version}, ${hello.threads} ${hello.threads === 1 ? 'thread' : 'threads'}`;
    if (hello.note !== undefined) found.notes.push(`- ${name}: ${hello.note}`);
  }
  return found;
}
