import { AntinodeError, FileError, OutOfMemoryError, textOf } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import { expectText } from '../../tensor/expect.js';
import type { ByteSource } from '../byte-source.js';
import { isRunning, processName } from './process-name.js';

/**
 * `writeAtomically` of local-files.ts.
 * @throws FileError if that fails, and errors of antinode that chunks throw; `path` is then unchanged.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  expectText('writeAtomically', 'a path', path);
  const { basename, dirname, join } = nodeModule('path', 'writeAtomically');
  const { open, rename, rm } = nodeModule('fs/promises');
  let part = '';
  try {
    // a link to a file stays a link
    const target = await targetOf(path);
    const folder = dirname(target);
    // file names have a maximum length, and the name of the process is long
    const prefix = `.${basename(target).slice(0, 80)}.`;
    await removeDeadParts(folder, prefix);
    part = join(folder, `${prefix}${processName()}.${nodeModule('crypto').randomBytes(4).toString('hex')}.part`);
    const file = await open(part, 'wx');
    try {
      for await (const chunk of chunksOf(content)) {
        if (!(chunk instanceof Uint8Array)) throw new Error(`${textOf(chunk)} instead of bytes`);
        await writeAll(file, chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, target);
    await syncFolder(folder);
  } catch (error) {
    if (part !== '') await rm(part, { force: true }).catch(() => {});
    if (error instanceof AntinodeError) throw error;
    throw new FileError(`${path}: expected a file that can be written, got ${error}`, { cause: error });
  }
}

/** Returns the file to which `path` resolves, which need not exist. */
async function targetOf(path: string): Promise<string> {
  const { readlink, realpath, stat } = nodeModule('fs/promises');
  let target: string;
  try {
    target = await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // a new file, or a link to one
    const link = await readlink(path).catch(() => null);
    const { dirname, resolve } = nodeModule('path');
    return link === null ? path : targetOf(resolve(dirname(path), link));
  }
  if (!(await stat(target)).isFile()) throw new Error('something that is not a file, such as a folder');
  return target;
}

/** Removes temporary files of writers that have ended. */
async function removeDeadParts(folder: string, prefix: string): Promise<void> {
  const { readdir, rm } = nodeModule('fs/promises');
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    const writer = name.slice(prefix.length, -'.part'.length).replace(/\.[0-9a-f]{8}$/, '');
    if (isRunning(writer) === false) await rm(nodeModule('path').join(folder, name), { force: true }).catch(() => {});
  }
}

function chunksOf<C>(content: string | Uint8Array | C): Uint8Array[] | C {
  if (typeof content === 'string') return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAll(file: { write(data: Uint8Array): Promise<{ bytesWritten: number }> }, chunk: Uint8Array) {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk.subarray(at))).bytesWritten;
}

/** Makes the rename itself durable, on systems that can open folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await nodeModule('fs/promises').open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // The content is on the disk already.
  }
}

function allocated(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new OutOfMemoryError(`${path}: expected memory for ${length} bytes, got: ${error}`);
  }
}

/**
 * Opens a file for reading in pieces.
 * @throws FileError if the file cannot be read.
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { open } = nodeModule('fs/promises', 'reading a file');
  const failed = (error: unknown): FileError =>
    new FileError(`${path}: expected a file that can be read, got ${error}`, { cause: error });
  let file: Awaited<ReturnType<typeof open>>;
  let size: number;
  try {
    const { O_RDONLY, O_NONBLOCK = 0 } = nodeModule('fs').constants;
    // opening a named pipe would otherwise wait for its writer
    file = await open(path, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    throw failed(error);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('something that is not a file, such as a folder');
    size = stats.size;
  } catch (error) {
    await file.close();
    throw failed(error);
  }
  return {
    name: path,
    size,
    async read(start, length) {
      const bytes = allocated(path, length);
      for (let at = 0; at < length; ) {
        let bytesRead: number;
        try {
          ({ bytesRead } = await file.read(bytes, at, Math.min(length - at, 2 ** 30), start + at));
        } catch (error) {
          throw failed(error);
        }
        if (bytesRead === 0) {
          throw new FileError(`${path}: expected ${start + length} bytes, got ${start + at}; the file is cut short`);
        }
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

/**
 * Reads a whole file of any size, or of exactly `size` bytes.
 * @throws FileError if the file cannot be read or has another size.
 */
export async function readBytes(path: string, size?: number): Promise<Uint8Array> {
  const source = await fileSource(path);
  try {
    if (size !== undefined && source.size !== size) {
      throw new FileError(`${path}: expected ${size} bytes, got ${source.size}; the file is damaged`);
    }
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
