/** Whether the program was asked to stop: by a signal, or because its output was closed. */
export interface Interrupt {
  /** True after Ctrl-C, a termination signal, or when the terminal or the pipe of the output was closed. */
  readonly asked: boolean;
  /** From this call on, a signal only sets `asked`, so that the program can save its work. Earlier, it ends it. */
  defer(): void;
  /** Restores the default handling of signals. */
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Milliseconds after which another Ctrl-C is a second one. npm forwards a Ctrl-C to its child, to which the terminal
 * has already sent it.
 */
const secondAfter = 1000;

/**
 * Records requests to stop, so that the program can stop at a suitable point. A second Ctrl-C ends it at once. Work
 * that never yields must let the event loop run from time to time, or no signal arrives.
 */
export function onInterrupt(): Interrupt {
  let asked = false;
  let deferred = false;
  let last = Number.POSITIVE_INFINITY;
  const stop = (signal: NodeJS.Signals) => {
    const again = signal === 'SIGINT' && performance.now() - last > secondAfter;
    if (!deferred || again) process.exit(130);
    asked = true;
    if (signal === 'SIGINT') last = Math.min(last, performance.now());
  };
  const closed = () => {
    asked = true;
  };
  for (const signal of signals) process.on(signal, stop);
  process.stdout.on('error', closed);
  return {
    get asked() {
      return asked;
    },
    defer() {
      deferred = true;
    },
    release() {
      for (const signal of signals) process.off(signal, stop);
      process.stdout.off('error', closed);
    },
  };
}
