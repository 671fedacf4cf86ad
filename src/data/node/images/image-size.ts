/** Returns what is wrong with an image that is empty or has more than `maxPixels`, as the end of a message. */
export function tooLarge(width: number, height: number, maxPixels: number): string | undefined {
  const size = `${width} x ${height} pixels`;
  if (width === 0 || height === 0) return size;
  return width * height > maxPixels ? `${size}, more than maxPixels (${maxPixels})` : undefined;
}
