/** Writes one answer. */
export declare function send(message: object): boolean;

/** See serve.mjs. */
export declare function serve(
  hello: { peer: string; version: string; threads: number; note?: string },
  workloads: Record<string, () => (() => unknown) | Promise<() => unknown>>,
  counters?: () => Promise<object | undefined>,
): Promise<void>;
