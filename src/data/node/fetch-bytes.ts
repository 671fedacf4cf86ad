import { FileError } from '../../errors.js';
import type { OnProgress } from './progress.js';
import { noMoreData, stallsAfter } from './stalls.js';

/**
 * Fetches `url` into memory.
 * @param size the expected number of bytes; the download of a longer response is stopped
 * @throws FileError with the URL in the message if it cannot be fetched or the response has another size.
 */
export async function fetchBytes(url: URL, size: number, onProgress?: OnProgress): Promise<Uint8Array> {
  const message = `downloading ${url}`;
  const bytes = new Uint8Array(size);
  let done = 0;
  onProgress?.({ message, done, total: size });
  const stalled = new AbortController();
  const abort = () => stalled.abort(new Error(noMoreData()));
  let timer = setTimeout(abort, stallsAfter());
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    // Leaving the loop cancels the download.
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(abort, stallsAfter());
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
  } finally {
    clearTimeout(timer);
  }
  return bytes;
}
