// Everything exported here is an export of the kernels module. A kernel is `(args: usize, task: i32, thread: i32): void`.

/** First byte of memory that the kernels' static data leave free. */
export function staticsEnd(): usize {
  return __heap_base;
}
