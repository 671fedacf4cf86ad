/** Runs `body` and then `cleanup`, whether it returns or throws; where it returns a promise, when that settles. */
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
