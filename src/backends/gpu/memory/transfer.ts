import type { GpuBuffer, GpuContext, GpuDevice, GpuStagingBuffer, GpuTexture } from '../device/gpu-js.js';

// constants of WebGPU: GPUBufferUsage and GPUMapMode
const copyDestination = 0x0008;
const [mapRead, read] = [0x0001, 0x0001];

/** Wraps a buffer of WebGPU with `size` elements as an argument of kernels. */
export function bufferValue(buffer: GpuBuffer, size: number, context: GpuContext | null): GpuTexture {
  return { type: 'WebGPUBuffer', buffer, output: [size], componentCount: 1, context };
}

/** Copies `size` elements of a buffer of WebGPU to the host. */
export async function download(device: GpuDevice, buffer: GpuBuffer, size: number): Promise<Float32Array> {
  const bytes = Math.max(1, size) * Float32Array.BYTES_PER_ELEMENT;
  const staging = device.createBuffer({ size: bytes, usage: mapRead | copyDestination }) as GpuStagingBuffer;
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(read);
    return new Float32Array(staging.getMappedRange().slice(0)).subarray(0, size);
  } finally {
    staging.destroy();
  }
}
