/**
 * Runs `body` and then `cleanup`, whether `body` returns or throws. If it returns a promise, runs `cleanup` when the
 * promise settles.
 */
export function withCleanup<R>(body: () => R, cleanup: () => void): R {
  let result: R;
  try {
    result = body();
  } catch (error) {
    cleanup();
    throw error;
  }
  if (result instanceof Promise) return result.finally(cleanup) as R;
  cleanup();
  return result;
}
