import { FileError } from '../../errors.js';
import type { NamedBytes } from '../named-bytes.js';

/** A text in memory. */
export interface NamedText {
  /** Where it comes from, for messages. Default 'text'. */
  readonly name?: string;
  readonly text: string;
}

/**
 * A text as lines that end in LF, which is what vocabularies and corpora read: a byte order mark is dropped, CRLF becomes
 * LF and a last line without an end gets one. Throws FileError for text without a word.
 */
export function normalizeText({ name = 'text', text }: NamedText): Required<NamedText> {
  const lines = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  if (!/\S/.test(lines)) throw new FileError(`${name}: expected text, got ${text.length} characters without a word`);
  return { name, text: lines.endsWith('\n') ? lines : `${lines}\n` };
}

/** Decodes UTF-8. Throws FileError naming the first byte that is not valid UTF-8. */
export function decodeText({ name, bytes }: NamedBytes): Required<NamedText> {
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    throw new FileError(`${name}: expected text in UTF-8, got another byte at offset ${validLength(bytes)}`, {
      cause: error,
    });
  }
}

/** Number of bytes before the first character that is not encoded in UTF-8, found by bisection. */
function validLength(bytes: Uint8Array): number {
  // A streaming decoder takes a character that is cut off at the end, and nothing else that is wrong.
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
