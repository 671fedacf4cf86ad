import type { GpuTexture, GpuValue } from '../device/library.js';

/** What GPU.js calls textures with four elements in a texel. */
const [vectorType, packedType] = ['ArrayTexture(4)', 'MemoryOptimizedNumberTexture'];

/** Whether a value is a texture with four elements in a texel. */
export function isPacked(value: GpuValue | null): value is GpuTexture {
  return value !== null && !(value instanceof Float32Array) && [vectorType, packedType].includes(value.type);
}

/** Lets GPU.js take a texture with four elements in a texel for vectors, or for numbers that it has packed. */
export function label(value: GpuValue | null, size: number, asVectors: boolean): void {
  if (!isPacked(value)) return;
  const length = asVectors ? Math.ceil(size / 4) : size;
  value.type = asVectors ? vectorType : packedType;
  value.output = [length];
  value.dimensions = [length, 1, 1];
}
