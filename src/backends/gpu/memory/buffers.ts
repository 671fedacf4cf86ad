import { OutOfMemoryError } from '../../../errors.js';
import type { GpuAllocator, GpuBuffer } from '../device/gpu-js.js';

/** GPUBufferUsage of WebGPU: a storage buffer that can be copied from and to. */
const usage = 0x0080 | 0x0004 | 0x0008;

/** Idle buffers are destroyed beyond this many bytes, or the bytes in use if these are more. */
const maxIdleBytes = 64 * 2 ** 20;

/**
 * A pool of buffers of WebGPU by size. Without it, GPU.js creates a buffer for every run of a kernel, but training
 * steps need the same sizes repeatedly.
 */
export class BufferPool {
  readonly #device: GpuAllocator;
  /** Idle buffers by size, the most recently released size last. */
  readonly #idle = new Map<number, GpuBuffer[]>();
  /** Bytes of buffers in use. */
  usedBytes = 0;
  /** Bytes of idle buffers. */
  idleBytes = 0;

  constructor(device: GpuAllocator) {
    this.#device = device;
  }

  /**
   * Returns a buffer of at least `bytes` bytes with undefined content.
   *
   * @throws OutOfMemoryError when the device has no room, even after all idle buffers are destroyed
   */
  async acquire(bytes: number): Promise<GpuBuffer> {
    const size = Math.max(4, bytes);
    const idle = this.#idle.get(size);
    let buffer = idle?.pop();
    if (buffer) {
      this.idleBytes -= size;
      if (idle?.length === 0) this.#idle.delete(size);
    } else {
      buffer = (await this.#create(size)) ?? (await this.#createWithoutIdle(size));
    }
    this.usedBytes += size;
    buffer._refs = 1;
    return buffer;
  }

  /** Makes a buffer idle. */
  release(buffer: GpuBuffer): void {
    const { size } = buffer;
    this.usedBytes -= size;
    this.idleBytes += size;
    const idle = this.#idle.get(size) ?? [];
    idle.push(buffer);
    this.#idle.delete(size);
    this.#idle.set(size, idle);
    for (const [oldest, buffers] of this.#idle) {
      if (this.idleBytes <= Math.max(maxIdleBytes, this.usedBytes)) break;
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
      `gpu: expected room for ${size} bytes on the device, got none; ${this.usedBytes} bytes are in use`,
    );
  }

  #destroy(size: number, buffers: readonly GpuBuffer[]): void {
    for (const buffer of buffers) buffer.destroy();
    this.idleBytes -= size * buffers.length;
    this.#idle.delete(size);
  }
}
