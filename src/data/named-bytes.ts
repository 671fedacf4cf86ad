import { expected, textOf, ValueError } from '../errors.js';
import { expectObject } from '../tensor/expect.js';

/** A file in memory: its origin, for error messages, and its bytes. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Checks that a value is a file in memory.
 * @throws ValueError, with `op` in the message, otherwise.
 */
export function expectNamedBytes(op: string, file: unknown): asserts file is NamedBytes {
  expectObject(op, 'files { name, bytes }', file);
  if (!((file as Partial<NamedBytes>).bytes instanceof Uint8Array)) {
    throw new ValueError(expected(op, 'files { name, bytes } with bytes in a Uint8Array', textOf(file)));
  }
}
