// Reads arguments of kernels and divides work among tasks.

/** Word `i` of the arguments as a signed number. */
export function word(args: usize, i: i32): i32 {
  return load<i32>(args + ((<usize>i) << 2));
}

/** Word `i` of the arguments as a pointer. */
export function pointer(args: usize, i: i32): usize {
  return load<u32>(args + ((<usize>i) << 2));
}

/** Word `i` of the arguments as a float32. */
export function real(args: usize, i: i32): f32 {
  return load<f32>(args + ((<usize>i) << 2));
}

/**
 * The first of `items` items that belongs to `task` of `tasks`; its last item is the one before the first of the next
 * task.
 */
export function firstOf(task: i32, tasks: i32, items: i32): i32 {
  return <i32>((<i64>items * task) / tasks);
}
