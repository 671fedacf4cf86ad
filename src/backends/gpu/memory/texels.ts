import type { GpuTexture, GpuValue } from '../device/gpu-js.js';

/** The names in GPU.js of textures with four elements per texel: arrays of vectors, and arrays of packed numbers. */
const [vectorType, packedType] = ['ArrayTexture(4)', 'MemoryOptimizedNumberTexture'];

/** Whether a value is a texture with four elements per texel. */
export function isPacked(value: GpuValue | null): value is GpuTexture {
  return value !== null && !(value instanceof Float32Array) && [vectorType, packedType].includes(value.type);
}

/** Makes GPU.js bind a texture with four elements per texel as vectors or as numbers; other values are not changed. */
export function setTextureType(value: GpuValue | null, size: number, asVectors: boolean): void {
  if (!isPacked(value)) return;
  const length = asVectors ? Math.ceil(size / 4) : size;
  value.type = asVectors ? vectorType : packedType;
  value.output = [length];
  value.dimensions = [length, 1, 1];
}
