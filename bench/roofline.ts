import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { device, setDeviceSync } from 'antinode';
import asc from 'assemblyscript/asc';

/** What the machine allows WebAssembly to reach in this engine, with a given number of threads. */
export interface Limits {
  /** f32x4 multiply, then add: GFLOP/s. */
  mulAdd: number;
  /** f32x4 relaxed multiply-add: GFLOP/s; undefined if the engine has no relaxed SIMD. */
  madd?: number;
  /** The same, of pairs that the engine joins into 256 bits: GFLOP/s; undefined if antinode's kernels do not use them. */
  wide?: number;
  /** x += s y over arrays far larger than the caches, 1 GiB in total: GB/s. */
  bandwidth: number;
}

/** The limits that kernels are compared with. */
export interface Roofline {
  threads: number;
  one: Limits;
  all: Limits;
  /** The fastest form of multiply-add with all threads, in GFLOP/s. */
  peak: number;
  /** The bandwidth with all threads, in GB/s. */
  bandwidth: number;
}

const iterations = 1_000_000;
/** Operations per iteration of the loops in bench/kernels. */
const operations = {
  mulAdd: { chains: 96, product: 128 },
  madd: { chains: 96, product: 128 },
  wide: { chains: 192 },
};
/** The size of each of two arrays of half a gigabyte: some machines have 300 MB of cache. */
const floats = 128 * 1024 * 1024;
const pages = 1 + (2 * floats * 4) / 65536;

interface Form {
  readonly relaxed: boolean;
  readonly wide?: boolean;
}

async function compile({ relaxed, wide = false }: Form): Promise<WebAssembly.Module | undefined> {
  const file = `kernels/peak${wide ? '-wide' : ''}.ts`;
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  const { binary, stderr, error } = await asc.compileString(source, {
    ...{ optimizeLevel: 3, noAssert: true, runtime: 'stub' },
    ...{ importMemory: true, sharedMemory: true, initialMemory: 1, maximumMemory: 65536 },
    enable: ['simd', 'threads', ...(relaxed ? ['relaxed-simd'] : [])],
  });
  if (error || binary === null) throw new Error(`bench/${file}: ${stderr.toString()}`);
  const bytes = new Uint8Array(binary);
  return WebAssembly.validate(bytes) ? optimized(bytes, wide ? [...flags, revectorize] : flags) : undefined;
}

const isNode20 = process.versions.node.startsWith('20.');

/**
 * Flags while a module is compiled, and afterwards: optimized code at once, because the loops are called too rarely for
 * the engine to detect them as hot. V8 14 ends the process if Liftoff is switched off while it optimizes functions of
 * another module in the background, as those of the compiler of AssemblyScript; V8 11 does not know the alternative.
 */
const flags = [
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
  isNode20 ? ['--no-liftoff', '--liftoff'] : ['--wasm-tier-mask-for-testing=-1', '--wasm-tier-mask-for-testing=0'],
];

/** Joins pairs of vectors; only engines in which antinode has kernels of 256 bits are known to have it. */
const revectorize = ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'];

function optimized(bytes: Uint8Array<ArrayBuffer>, settings: readonly string[][]): WebAssembly.Module {
  for (const [on] of settings) setFlagsFromString(on);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, off] of settings) setFlagsFromString(off);
  }
}

/** Whether antinode's kernels compute in vectors of 256 bits, as `device.info` says in words. */
function hasWideKernels(): boolean {
  setDeviceSync('cpu');
  return device.info('cpu').description.includes('256 bits');
}

type Modules = { mulAdd: WebAssembly.Module; madd?: WebAssembly.Module; wide?: WebAssembly.Module };

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
  const gigaflops = (name: keyof typeof operations) => {
    const rates = Object.entries(operations[name]).map(
      ([loop, count]) => (threads * iterations * count) / best(`${name} ${loop}`),
    );
    return Math.max(...rates) / 1e6;
  };
  return {
    mulAdd: gigaflops('mulAdd'),
    madd: modules.madd && gigaflops('madd'),
    wide: modules.wide && gigaflops('wide'),
    bandwidth: bandwidthOf(best),
  };
}

/** Measures the limits with one and with `threads` threads. Takes about three seconds. */
export async function measureRoofline(threads: number, rounds = 20): Promise<Roofline> {
  // Node 20 needs this flag for relaxed SIMD; later versions have it by default and do not know the flag.
  if (isNode20) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const wide = hasWideKernels() ? await compile({ relaxed: true, wide: true }) : undefined;
  const modules = { mulAdd: await compileMulAdd(), madd: await compile({ relaxed: true }), wide };
  const one = await limits(modules, 1, rounds);
  const all = threads === 1 ? one : await limits(modules, threads, rounds);
  return { threads, one, all, peak: Math.max(all.mulAdd, all.madd ?? 0, all.wide ?? 0), bandwidth: all.bandwidth };
}

async function compileMulAdd(): Promise<WebAssembly.Module> {
  const mulAdd = await compile({ relaxed: false });
  if (mulAdd === undefined) throw new Error('roofline: expected an engine with WebAssembly SIMD and threads');
  return mulAdd;
}

/** Measures only the bandwidth, in GB/s, which varies from minute to minute on a shared host. */
export async function measureBandwidth(threads: number, rounds = 20): Promise<number> {
  return bandwidthOf(await timesOf({ mulAdd: await compileMulAdd() }, {}, threads, rounds));
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
    ...(one.wide === undefined ? [] : [row('256-bit SIMD, relaxed multiply-add', one.wide, all.wide, 'GFLOP/s')]),
    row('memory, x += s y', one.bandwidth, all.bandwidth, 'GB/s'),
  ];
}
