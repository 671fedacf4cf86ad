import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

/** What the machine allows WebAssembly to reach in this engine, with a given number of threads. */
export interface Limits {
  /** f32x4 multiply, then add: GFLOP/s. */
  mulAdd: number;
  /** f32x4 relaxed multiply-add: GFLOP/s; undefined if the engine has no relaxed SIMD. */
  madd?: number;
  /** x += s y over arrays far larger than the caches, 1 GiB in total: GB/s. */
  bandwidth: number;
}

/** The limits that kernels are compared with. */
export interface Roofline {
  threads: number;
  one: Limits;
  all: Limits;
  /** The faster of the two forms of multiply-add with all threads, in GFLOP/s. */
  peak: number;
  /** The bandwidth with all threads, in GB/s. */
  bandwidth: number;
}

const iterations = 1_000_000;
/** Operations per iteration of the loops in bench/kernels/peak.ts. */
const operations = { chains: 96, product: 128 };
/** The size of each of two arrays of half a gigabyte: some machines have 300 MB of cache. */
const floats = 128 * 1024 * 1024;
const pages = 1 + (2 * floats * 4) / 65536;

/**
 * Compiles the loops in a process of its own: V8 14 may end a process in which it compiles a large module, such as that
 * of the AssemblyScript compiler, while settings of the engine change.
 */
function bytesOf(relaxed: boolean): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'antinode-roofline-'));
  try {
    const output = join(folder, 'peak.wasm');
    const asc = fileURLToPath(new URL('../bin/asc.js', import.meta.resolve('assemblyscript/asc')));
    const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
    const features = ['simd', 'threads', ...(relaxed ? ['relaxed-simd'] : [])];
    const options = ['-O3', '--noAssert', '--runtime', 'stub', ...memory, '--enable', features.join(',')];
    const source = fileURLToPath(new URL('./kernels/peak.ts', import.meta.url));
    execFileSync(process.execPath, [asc, source, ...options, '--outFile', output], { cwd: dirname(source) });
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Compiles the loops, optimized at once, because they are called too rarely for the engine to detect them as hot.
 * Undefined if the engine does not know their instructions.
 */
function compile(relaxed: boolean): WebAssembly.Module | undefined {
  const bytes = bytesOf(relaxed);
  if (!WebAssembly.validate(bytes)) return undefined;
  const names = ['liftoff', 'wasm-lazy-compilation'];
  for (const name of names) setFlagsFromString(`--no-${name}`);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const name of names) setFlagsFromString(`--${name}`);
  }
}

type Modules = { mulAdd: WebAssembly.Module; madd?: WebAssembly.Module };

/** When a thread began and ended a run of a loop, in milliseconds. */
type Span = readonly [start: number, end: number];

/** Returns the time of the best round of a loop, in milliseconds, by name. */
async function timesOf(
  modules: Modules,
  arithmetic: Readonly<Record<string, WebAssembly.Module>>,
  threads: number,
  rounds: number,
): Promise<(name: string) => number> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const gate = new SharedArrayBuffer(4);
  const shared = { arithmetic, streaming: modules.mulAdd, memory, gate, threads, iterations, floats, rounds };
  const work = Array.from({ length: threads }, (_, index) => {
    const worker = new Worker(new URL('./roofline-worker.mjs', import.meta.url), { workerData: { ...shared, index } });
    return new Promise<Record<string, Span[]>>((resolve, reject) => worker.on('message', resolve).on('error', reject));
  });
  const results = await Promise.all(work);
  // From the first start to the last end, so that a thread that lost its processor lengthens the round.
  const lasted = (spans: Span[]) =>
    Math.max(...spans.map(([, end]) => end)) - Math.min(...spans.map(([start]) => start));
  return (name) => Math.min(...results[0][name].map((_, round) => lasted(results.map((spans) => spans[name][round]))));
}

function bandwidthOf(best: (name: string) => number): number {
  return (12 * floats) / best('bandwidth') / 1e6;
}

async function limits(modules: Modules, threads: number, rounds: number): Promise<Limits> {
  const arithmetic = Object.fromEntries(
    Object.entries(modules).filter((entry): entry is [string, WebAssembly.Module] => entry[1] !== undefined),
  );
  const best = await timesOf(modules, arithmetic, threads, rounds);
  const gigaflops = (name: string) => {
    const rates = Object.entries(operations).map(
      ([loop, count]) => (threads * iterations * count) / best(`${name} ${loop}`),
    );
    return Math.max(...rates) / 1e6;
  };
  return {
    mulAdd: gigaflops('mulAdd'),
    madd: modules.madd === undefined ? undefined : gigaflops('madd'),
    bandwidth: bandwidthOf(best),
  };
}

/** Measures the limits with one and with `threads` threads. Takes about three seconds. */
export async function measureRoofline(threads: number, rounds = 20): Promise<Roofline> {
  // Node 20 needs this flag for relaxed SIMD; later versions have it by default, and do not know it.
  if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const mulAdd = compile(false);
  if (mulAdd === undefined) throw new Error('roofline: expected an engine with WebAssembly SIMD and threads');
  const modules = { mulAdd, madd: compile(true) };
  const one = await limits(modules, 1, rounds);
  const all = threads === 1 ? one : await limits(modules, threads, rounds);
  return { threads, one, all, peak: Math.max(all.mulAdd, all.madd ?? 0), bandwidth: all.bandwidth };
}

/** Measures only the bandwidth, in GB/s, which varies from minute to minute on a shared host. */
export async function measureBandwidth(threads: number, rounds = 20): Promise<number> {
  const mulAdd = compile(false);
  if (mulAdd === undefined) throw new Error('roofline: expected an engine with WebAssembly SIMD and threads');
  return bandwidthOf(await timesOf({ mulAdd }, {}, threads, rounds));
}

/** The limits as lines of text. */
export function describeRoofline({ threads, one, all }: Roofline): string[] {
  const row = (label: string, a: number | undefined, b: number | undefined, unit: string) => {
    const cell = (x: number | undefined) => (x === undefined ? '-' : x.toFixed(1)).padStart(10);
    return `${label.padEnd(34)}${cell(a)}${threads === 1 ? '' : cell(b)} ${unit}`;
  };
  const title = 'limits of this machine'.padEnd(34) + '1 thread'.padStart(10);
  return [
    threads === 1 ? title : title + `${threads} threads`.padStart(10),
    row('128-bit SIMD, multiply then add', one.mulAdd, all.mulAdd, 'GFLOP/s'),
    row('128-bit SIMD, relaxed multiply-add', one.madd, all.madd, 'GFLOP/s'),
    row('memory, x += s y', one.bandwidth, all.bandwidth, 'GB/s'),
  ];
}
