/**
 * Milliseconds without new data after which a download counts as stalled: a minute, or the environment variable
 * ANTINODE_STALL (seconds).
 */
export function stallsAfter(): number {
  const seconds = Number(process.env.ANTINODE_STALL);
  return 1000 * (seconds > 0 ? seconds : 60);
}

/** The message about a stalled download. */
export function noMoreData(): string {
  return `no more data for ${stallsAfter() / 1000} s`;
}
