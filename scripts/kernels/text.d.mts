/** Bytes as text: `letters` are the alphabet, `common` the bytes that are one letter, in the order of the alphabet. */
export function encodeBytes(bytes: Iterable<number>): {
  readonly letters: string;
  readonly common: readonly number[];
  readonly text: string;
};
