/** Cells of fixed widths, right-aligned. */
export function cells(widths: readonly number[], texts: readonly string[]): string {
  return texts.map((text, i) => text.padStart(widths[i])).join('');
}

/** The name of a group of columns, above its right end. */
export function group(widths: readonly number[], name: string): string {
  return name.padStart(widths.reduce((sum, width) => sum + width, 0));
}
