/** 32-bit FNV-1a hash of a text in UTF-8. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/**
 * The numbers with which golden files are filled: `size` float32 values in [low, high] that depend only on `name`.
 * Element i is the finaliser of MurmurHash3 applied to hash(name) + (i + 1) * 0x9E3779B1, scaled in double precision.
 */
export function filled(size: number, name: string, low: number, high: number): Float32Array {
  const seed = fnv1a(name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let x = (seed + Math.imul(i + 1, 0x9e3779b1)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 0;
    values[i] = low + ((high - low) * x) / 2 ** 32;
  }
  return values;
}
