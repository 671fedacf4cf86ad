import { FileError } from '../../errors.js';
import type { NamedBytes } from '../named-bytes.js';

/** A text in memory. */
export interface NamedText {
  /** Its origin, for error messages. Default 'text'. */
  readonly name?: string;
  readonly text: string;
}

/**
 * Returns a text as lines that end in LF, the form that vocabularies and corpora read: drops a byte order mark, turns
 * CRLF into LF and adds a missing end to the last line.
 * @throws FileError for a text without a word.
 */
export function normalizeText({ name = 'text', text }: NamedText): Required<NamedText> {
  const lines = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  if (!/\S/.test(lines)) throw new FileError(`${name}: expected text, got ${text.length} characters without a word`);
  return { name, text: lines.endsWith('\n') ? lines : `${lines}\n` };
}

/**
 * Decodes UTF-8.
 * @throws FileError with the offset of the first byte that is not valid UTF-8.
 */
export function decodeText({ name, bytes }: NamedBytes): Required<NamedText> {
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    throw new FileError(`${name}: expected text in UTF-8, got an invalid byte at offset ${validLength(bytes)}`, {
      cause: error,
    });
  }
}

/** Returns the number of bytes before the first character that is not valid UTF-8, found by bisection. */
function validLength(bytes: Uint8Array): number {
  // A streaming decoder accepts a character that is cut off at the end, but no other error.
  const decodeStart = (length: number) =>
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), { stream: true });
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      decodeStart(middle);
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return new TextEncoder().encode(decodeStart(valid)).length;
}
