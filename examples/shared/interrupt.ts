/** Whether the user asked the program to stop. */
export interface Interrupt {
  /** True after Ctrl-C or a termination signal. */
  readonly asked: boolean;
  /** Restores the default handling of signals. */
  release(): void;
}

/**
 * Records Ctrl-C (SIGINT) or SIGTERM, so that the program can stop at a suitable point. A second signal ends it at once.
 * Work that never yields must let the event loop run from time to time, or no signal arrives.
 */
export function onInterrupt(): Interrupt {
  let asked = false;
  const stop = () => {
    if (asked) process.exit(130);
    asked = true;
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    get asked() {
      return asked;
    },
    release() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
