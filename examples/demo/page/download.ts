import { make } from './elements.js';

/** Lets the browser save bytes as a file. */
export function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  make('a', { href, download: name }).click();
  // By then the browser has begun to read the file.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
