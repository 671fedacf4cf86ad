/** Encodes an unsigned number of up to 32 bits in the binary format (LEB128). */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const more = rest > 127;
    bytes.push((rest & 127) | (more ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** Encodes a signed number of 32 bits in the binary format (LEB128). */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
    bytes.push(low | (done ? 0 : 128));
    if (done) return bytes;
  }
}

/** The magic number and version with which every module begins. */
export const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0] as const;

/** Numbers of the sections that the backend writes or reads. */
export const sections = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const;

/** Bytes of a module that are to be written or have been read. */
export type Bytes = readonly number[] | Uint8Array;

/** Concatenates parts of a module. */
export function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Encodes a section of a module. */
export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** Reads the bytes of a module in order. */
export class Reader {
  readonly bytes: Uint8Array;
  /** Index of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++];
  }

  /** Reads an unsigned number. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** Skips `count` numbers, signed or unsigned, of any length. */
  skipNumbers(count = 1): void {
    for (let left = count; left > 0; this.at++) if (this.bytes[this.at] < 128) left--;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  /** Reads a vector, which begins with its length; returns the results of `read` for its entries. */
  vector<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }
}

/** A section of a module: its number, the index of the first byte of its content, and the index after the last. */
interface SectionRange {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** The sections of a module in order. */
export function sectionsOf(module: Uint8Array): SectionRange[] {
  const reader = new Reader(module, preamble.length);
  const found: SectionRange[] = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    const length = reader.unsigned();
    found.push({ id, start: reader.at, end: reader.at + length });
    reader.skip(length);
  }
  return found;
}
