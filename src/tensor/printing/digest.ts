/**
 * Returns 64 bits that depend on every value, as text: equal for equal values, and in practice different for others.
 * Two hashes of 32 bits (MurmurHash3's mixing of words, by Austin Appleby) from different starts. NaNs count as equal.
 */
export function digest(values: ArrayLike<number>): string {
  const double = new Float64Array(1);
  const words = new Int32Array(double.buffer);
  const hashes = [values.length, ~values.length].map((start) => {
    let hash = start;
    for (let i = 0; i < values.length; i++) {
      double[0] = Number.isNaN(values[i]) ? Number.NaN : values[i];
      hash = mix(mix(hash, words[0]), words[1]);
    }
    return (hash >>> 0).toString(16).padStart(8, '0');
  });
  return hashes.join('');
}

function mix(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}
