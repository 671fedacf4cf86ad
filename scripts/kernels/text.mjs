// Writes bytes as text for a string in JavaScript. Base64 hides from compressors where bytes begin, so that they find
// few repetitions. Here a common byte is one letter and any other one two: a fifth less than base64, and compressed a
// third.

/** Printable letters that no minifier escapes and that need no escape between quotes or in a template. */
const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((c) => !'\'"`\\$'.includes(c));

/** How many of the letters, the last ones, begin a pair. */
const pairs = 2;

/** `{ letters, common, text }`, which `decodeBytes` in src/backends/cpu/wasm/text.ts turns into the bytes again. */
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
