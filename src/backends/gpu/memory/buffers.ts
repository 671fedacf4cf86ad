import { OutOfMemoryError } from '../../../errors.js';
import type { GpuAllocator, GpuBuffer } from '../device/library.js';

/** WebGPU's numbers for a storage buffer that can be copied from and to. */
const usage = 0x0080 | 0x0004 | 0x0008;

/** Buffers that wait for their next use are destroyed beyond this many bytes, or as many as are in use if that is more. */
const mostIdleBytes = 64 * 2 ** 20;

/**
 * Buffers of WebGPU, lent and taken back by size. GPU.js makes a buffer for every run of a kernel and leaves it to its
 * users when it goes; a training step wants the same sizes again and again.
 */
export class BufferPool {
  readonly #device: GpuAllocator;
  /** Idle buffers by size; sizes that were used last come last. */
  readonly #idle = new Map<number, GpuBuffer[]>();
  /** Bytes of buffers that somebody uses. */
  lentBytes = 0;
  /** Bytes of buffers that wait. */
  idleBytes = 0;

  constructor(device: GpuAllocator) {
    this.#device = device;
  }

  /** A buffer of at least `bytes`, its content undefined. Rejects with OutOfMemoryError. */
  async take(bytes: number): Promise<GpuBuffer> {
    const size = Math.max(4, bytes);
    const waiting = this.#idle.get(size);
    let buffer = waiting?.pop();
    if (buffer) {
      this.idleBytes -= size;
      if (waiting?.length === 0) this.#idle.delete(size);
    } else {
      buffer = (await this.#create(size)) ?? (await this.#createWithoutIdle(size));
    }
    this.lentBytes += size;
    buffer._refs = 1;
    return buffer;
  }

  /** Takes a buffer back. */
  give(buffer: GpuBuffer): void {
    const { size } = buffer;
    this.lentBytes -= size;
    this.idleBytes += size;
    const waiting = this.#idle.get(size) ?? [];
    waiting.push(buffer);
    this.#idle.delete(size);
    this.#idle.set(size, waiting);
    for (const [oldest, buffers] of this.#idle) {
      if (this.idleBytes <= Math.max(mostIdleBytes, this.lentBytes)) break;
      this.#destroy(oldest, buffers);
    }
  }

  async #create(size: number): Promise<GpuBuffer | null> {
    this.#device.pushErrorScope('out-of-memory');
    const buffer = this.#device.createBuffer({ size, usage });
    const failure = await this.#device.popErrorScope();
    return failure ? null : buffer;
  }

  async #createWithoutIdle(size: number): Promise<GpuBuffer> {
    for (const [idle, buffers] of this.#idle) this.#destroy(idle, buffers);
    const buffer = await this.#create(size);
    if (buffer) return buffer;
    throw new OutOfMemoryError(
      `gpu: expected room for ${size} bytes on the device, got none; ${this.lentBytes} bytes are in use`,
    );
  }

  #destroy(size: number, buffers: readonly GpuBuffer[]): void {
    for (const buffer of buffers) buffer.destroy();
    this.idleBytes -= size * buffers.length;
    this.#idle.delete(size);
  }
}
