import { FileError } from '../../errors.js';
import type { OnProgress } from './progress.js';

/**
 * Fetches `url` into memory.
 *
 * @param size bytes that are expected; a longer answer is cut off
 * @throws FileError naming the address when it cannot be fetched or has another size
 */
export async function fetchBytes(url: URL, size: number, onProgress?: OnProgress): Promise<Uint8Array> {
  const message = `downloading ${url}`;
  const bytes = new Uint8Array(size);
  let done = 0;
  onProgress?.({ message, done, total: size });
  try {
    const response = await fetch(url);
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    // Leaving the loop ends the download.
    for await (const chunk of response.body) {
      if (done + chunk.length > size) throw new Error(`more than ${size} bytes`);
      bytes.set(chunk, done);
      done += chunk.length;
      onProgress?.({ message, done, total: size });
    }
    if (done < size) throw new Error(`${done} bytes`);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message} (${cause.message})` : message;
    throw new FileError(`${url}: expected a file of ${size} bytes, got ${reason}`, { cause: error });
  }
  return bytes;
}
