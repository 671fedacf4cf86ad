/** JavaScript with the constants and classes of its module level annotated; its lines stay where they are. */
export function annotate(code: string): string;
