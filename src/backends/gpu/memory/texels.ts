import type { GpuTexture, GpuValue } from '../device/gpu-js.js';

/** What GPU.js calls textures with four elements in a texel: arrays of vectors, and arrays of numbers that it has packed. */
const [vectorType, packedType] = ['ArrayTexture(4)', 'MemoryOptimizedNumberTexture'];

/** Whether a value is a texture with four elements in a texel. */
export function isPacked(value: GpuValue | null): value is GpuTexture {
  return value !== null && !(value instanceof Float32Array) && [vectorType, packedType].includes(value.type);
}

/** Makes GPU.js bind a texture with four elements in a texel as vectors or as numbers; other values are not changed. */
export function setTextureType(value: GpuValue | null, size: number, asVectors: boolean): void {
  if (!isPacked(value)) return;
  const length = asVectors ? Math.ceil(size / 4) : size;
  value.type = asVectors ? vectorType : packedType;
  value.output = [length];
  value.dimensions = [length, 1, 1];
}
