/** Returns the JavaScript with its top-level constants and classes annotated. Does not move lines. */
export function annotate(code: string): string;
