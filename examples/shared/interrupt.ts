/** Whether somebody asked the program to stop. */
export interface Interrupt {
  /** True after Ctrl-C or a termination signal. */
  readonly asked: boolean;
  /** Lets signals act as usual again. */
  release(): void;
}

/**
 * Lets the program stop by itself at a good place on Ctrl-C (SIGINT) or SIGTERM; a second one ends it at once. Work
 * that never yields must let the event loop run now and then, or no signal arrives.
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
