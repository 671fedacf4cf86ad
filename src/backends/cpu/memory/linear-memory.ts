import { DeviceError } from '../../../errors.js';

/** Bytes of a page, the unit in which WebAssembly memory grows. */
const pageBytes = 65536;

/** One page less than the 4 GiB of the address space, so that a pointer to the end of a block never wraps to 0. */
const mostPagesEver = 65535;

/** The single memory of the CPU backend, with views that follow its growth. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  /** The most bytes that it can grow to. */
  readonly mostBytes: number;
  /** Current size in bytes. */
  bytes = 0;
  f32!: Float32Array;
  i32!: Int32Array;
  u8!: Uint8Array;

  /**
   * @param mostPages the first maximum to request from the system; if it is refused, half of it is tried, and so on
   * @throws DeviceError when the system does not grant even 16 MiB
   */
  constructor(shared: boolean, mostPages = mostPagesEver) {
    const { memory, maximum } = reserve(shared, mostPages);
    this.memory = memory;
    this.mostBytes = maximum * pageBytes;
    this.#view();
  }

  /** Grows to at least `bytes`; returns false if that is more than the maximum or the system has no memory left. */
  growTo(bytes: number): boolean {
    const pages = Math.ceil((bytes - this.bytes) / pageBytes);
    if (pages <= 0) return true;
    if (bytes > this.mostBytes) return false;
    try {
      this.memory.grow(pages);
    } catch {
      return false;
    }
    this.#view();
    return true;
  }

  #view(): void {
    const { buffer } = this.memory;
    this.bytes = buffer.byteLength;
    this.f32 = new Float32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }
}

/**
 * Requests smaller maxima until one is granted: engines reserve the address space of the maximum, which a limited or
 * 32-bit process may not have.
 */
function reserve(shared: boolean, mostPages: number): { memory: WebAssembly.Memory; maximum: number } {
  for (let maximum = mostPages; maximum >= 256; maximum >>>= 1) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 256, maximum, shared }), maximum };
    } catch {}
  }
  throw new DeviceError('cpu: expected room for a WebAssembly memory of at least 16 MiB, got none from the system');
}
