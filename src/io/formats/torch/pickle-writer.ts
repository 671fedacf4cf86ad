import { expected, ValueError } from '../../../errors.js';

/** Writes the operations of a pickle of protocol 2, which every version of PyTorch reads. */
export class PickleWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #op: string;

  constructor(op: string) {
    this.#op = op;
    this.#put(0x80, 2);
  }

  /** Ends the pickle and returns it. */
  finish(): Uint8Array {
    this.#put(0x2e);
    return this.#bytes.slice(0, this.#length);
  }

  #put(...bytes: readonly number[]): void {
    this.#append(Uint8Array.from(bytes));
  }

  #append(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** An operation with an argument of `size` bytes, which `fill` writes behind its code. */
  #sized(code: number, size: number, fill: (view: DataView) => void): void {
    const bytes = new Uint8Array(1 + size);
    bytes[0] = code;
    fill(new DataView(bytes.buffer));
    this.#append(bytes);
  }

  none(): void {
    this.#put(0x4e);
  }

  flag(value: boolean): void {
    this.#put(value ? 0x88 : 0x89);
  }

  /** An int if the number is an integer that doubles represent exactly, or else a float. */
  number(value: number): void {
    if (Object.is(value, -0) || !Number.isSafeInteger(value)) this.#sized(0x47, 8, (view) => view.setFloat64(1, value));
    else if (value !== (value | 0)) this.integer(BigInt(value));
    else if (value === (value & 255)) this.#put(0x4b, value);
    else this.#sized(0x4a, 4, (view) => view.setInt32(1, value, true));
  }

  /**
   * An int of any size up to 254 bytes.
   * @throws ValueError for a larger one.
   */
  integer(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    // two's complement: until only the sign is left, and the last byte has it
    while (rest !== 0n && rest !== -1n) {
      bytes.push(Number(rest & 255n));
      rest >>= 8n;
      if (bytes.length === 255)
        throw new ValueError(expected(this.#op, 'integers of at most 254 bytes', 'a larger one'));
    }
    if (rest < 0n !== (bytes[bytes.length - 1] ?? 0) > 127) bytes.push(rest < 0n ? 255 : 0);
    this.#put(0x8a, bytes.length, ...bytes);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.#sized(0x58, 4, (view) => view.setUint32(1, bytes.length, true));
    this.#append(bytes);
  }

  /** Bytes, which protocol 2 writes as text of latin1. */
  bytes(value: Uint8Array): void {
    this.global('_codecs', 'encode');
    this.tuple(() => {
      this.text(Array.from(value, (byte) => String.fromCharCode(byte)).join(''));
      this.text('latin1');
    });
    this.#put(0x52);
  }

  /** A class or function by its name. */
  global(module: string, name: string): void {
    this.#append(new TextEncoder().encode(`c${module}\n${name}\n`));
  }

  tuple(items: () => void): void {
    this.#put(0x28);
    items();
    this.#put(0x74);
  }

  list(items: () => void): void {
    this.#put(0x5d, 0x28);
    items();
    this.#put(0x65);
  }

  /** A dictionary; `items` writes its keys and values in turn. */
  dict(items: () => void): void {
    this.#put(0x7d, 0x28);
    items();
    this.#put(0x75);
  }

  /** The result of calling a function. */
  call(module: string, name: string, args: () => void): void {
    this.global(module, name);
    this.tuple(args);
    this.#put(0x52);
  }

  /** A reference to something outside of the pickle. */
  persistent(id: () => void): void {
    this.tuple(id);
    this.#put(0x51);
  }
}
