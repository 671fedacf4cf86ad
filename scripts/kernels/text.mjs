// Encodes bytes as text for a JavaScript string. Base64 hides byte boundaries from compressors, so they find few
// repetitions. Here a common byte becomes one letter and any other byte two: a fifth shorter than base64, and a third
// shorter when compressed.

/** Printable letters that no minifier escapes and that need no escape between quotes or in a template. */
const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((c) => !'\'"`\\$'.includes(c));

/** How many letters, at the end of the alphabet, begin a pair. */
const pairs = 2;

/** Returns `{ letters, common, text }`, which `decodeBytes` in src/backends/cpu/wasm/text.ts decodes. */
export function encodeBytes(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const singles = letters.length - pairs;
  const byCount = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const common = byCount.slice(0, singles);
  const rest = byCount.slice(singles).sort((a, b) => a - b);
  const codes = new Array(256);
  for (const [i, byte] of common.entries()) codes[byte] = letters[i];
  for (const [i, byte] of rest.entries()) {
    codes[byte] = letters[singles + Math.floor(i / letters.length)] + letters[i % letters.length];
  }
  const text = Array.from(bytes, (byte) => codes[byte]).join('');
  return { letters: letters.join(''), common, text };
}
