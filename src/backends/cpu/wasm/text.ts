/** Bytes as text: a common byte is one letter, any other byte a pair of letters. scripts/kernels/text.mjs writes it. */
export interface ByteText {
  /** The alphabet, of ASCII letters. */
  readonly letters: string;
  /** The bytes that are one letter, in the order of the alphabet. The remaining letters begin pairs. */
  readonly common: readonly number[];
  readonly text: string;
}

/** Decodes a text to its bytes. */
export function decodeBytes({ letters, common, text }: ByteText): Uint8Array<ArrayBuffer> {
  const rest = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !common.includes(byte));
  const bytes = [...common, ...rest];
  const places = new Uint8Array(128);
  for (let i = 0; i < letters.length; i++) places[letters.charCodeAt(i)] = i;
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    let place = places[text.charCodeAt(i)];
    if (place >= common.length) place += (place - common.length) * (letters.length - 1) + places[text.charCodeAt(++i)];
    out[length++] = bytes[place];
  }
  return out.slice(0, length);
}
