/** Encodes bytes as text; `common` lists the bytes that become one letter, in the order of the alphabet `letters`. */
export function encodeBytes(bytes: Iterable<number>): {
  readonly letters: string;
  readonly common: readonly number[];
  readonly text: string;
};
