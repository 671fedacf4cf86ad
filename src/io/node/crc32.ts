import { isNode, nodeModule } from '../../platform.js';

const table = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 (ISO 3309, as in zip and PNG) of `bytes`, continued from the `sum` of the preceding bytes. */
export function crc32(bytes: Uint8Array, sum = 0): number {
  // ten times as fast, in Node since 20.15 and 22.2; for no bytes at all, some versions return 0
  const native = isNode && bytes.length > 0 ? nodeModule('zlib').crc32 : undefined;
  return native ? native(bytes, sum) : plainCrc32(bytes, sum);
}

/** The same without Node. */
export function plainCrc32(bytes: Uint8Array, sum = 0): number {
  let c = ~sum;
  for (let i = 0; i < bytes.length; i++) c = (c >>> 8) ^ table[(c ^ bytes[i]) & 255];
  return ~c >>> 0;
}
