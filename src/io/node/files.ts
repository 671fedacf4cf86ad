import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';
import type { ByteSource } from '../byte-source.js';

let written = 0;

/**
 * Writes a file so that at any moment, even after a kill or a power failure, `path` contains either all of the old
 * content or all of the new: text, bytes or chunks of bytes go to a temporary file next to it (`.NAME.PID.N.part`),
 * which is flushed to the disk and renamed. Node only.
 * @throws FileError if that fails; `path` is then unchanged.
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const { basename, dirname, join } = nodeModule('path', 'writeAtomically');
  const { open, rename, rm } = nodeModule('fs/promises');
  const folder = dirname(path);
  const part = join(folder, `.${basename(path)}.${process.pid}.${++written}.part`);
  try {
    const file = await open(part, 'wx');
    try {
      for (const chunk of chunksOf(content)) await writeAll(file, chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw new FileError(`${path}: expected a file that can be written, got ${error}`, { cause: error });
  }
  await syncFolder(folder);
}

function chunksOf(content: string | Uint8Array | Iterable<Uint8Array>): Iterable<Uint8Array> {
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

/**
 * Opens a file for reading in pieces.
 * @throws FileError if the file cannot be read.
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { open } = nodeModule('fs/promises', 'fileSource');
  const failed = (error: unknown): FileError =>
    new FileError(`${path}: expected a file that can be read, got ${error}`, { cause: error });
  let file: Awaited<ReturnType<typeof open>>;
  let size: number;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw failed(error);
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('something else, such as a folder');
    size = stats.size;
  } catch (error) {
    await file.close();
    throw failed(error);
  }
  return {
    name: path,
    size,
    async read(start, length) {
      const bytes = new Uint8Array(length);
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
