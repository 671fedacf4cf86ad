/** Opcodes that the hand-written kernels of tests use. */
export const op = {
  unreachable: [0x00],
  if: [0x04, 0x40],
  end: [0x0b],
  get: (local: number) => [0x20, local],
  constant: (value: number) => [0x41, ...signed(value)],
  load: [0x28, 2, 0],
  store: [0x36, 2, 0],
  add: [0x6a],
  shiftLeft: [0x74],
  equal: [0x46],
  atomicAdd: [0xfe, 0x1e, 2, 0],
  drop: [0x1a],
  and: [0x71],
  loadNext: [0x28, 2, 4],
  atomicStoreAfterNext: [0xfe, 0x17, 2, 8],
  loopForever: [0x03, 0x40, 0x0c, 0, 0x0b],
} as const;

/** Locals of a kernel. */
export const [args, task, thread] = [0, 1, 2];

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
const section = (id: number, ...content: number[]) => [id, content.length, ...content];

/** A module whose `run(args, task, thread)` has the given body; it imports a shared memory. */
export function kernelModule(...body: (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body.flat(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0),
    ...section(2, 1, ...name('env'), ...name('memory'), 2, 3, 1, 0x80, 0x80, 4),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('run'), 0, 0),
    ...section(10, 1, code.length, ...code),
  ]);
}

/** Adds 1 to the task's own word of the array that the first argument points to. */
const count = [
  op.get(args),
  op.load,
  op.get(task),
  op.constant(2),
  op.shiftLeft,
  op.add,
  op.constant(1),
  op.atomicAdd,
  op.drop,
];

/** Counts how often each task runs. */
export const countTask = kernelModule(...count);

/** Traps in the task that the first argument names. */
export const trapInTask = kernelModule(op.get(args), op.load, op.get(task), op.equal, op.if, op.unreachable, op.end);

/** Traps in every task that runs on a thread other than the calling one. */
export const trapOnWorkers = kernelModule(op.get(thread), op.if, op.unreachable, op.end);

/**
 * Counts as countTask does, except on worker threads while the word after the first argument is not 0: there, it sets
 * the next word to 1 and never returns.
 */
export const countOrHang = kernelModule(
  op.get(thread),
  op.get(args),
  op.loadNext,
  op.and,
  op.if,
  op.get(args),
  op.constant(1),
  op.atomicStoreAfterNext,
  op.loopForever,
  op.end,
  ...count,
);

/** out[4 task .. + 3] = f(in[4 task .. + 3], ...), with `f` an export of the kernels module; arguments: out, inputs. */
export function mathModule(f: string, inputs: number): Uint8Array<ArrayBuffer> {
  const pointer = (argument: number) => [
    ...op.get(args),
    0x28,
    2,
    4 * argument,
    ...op.get(task),
    ...op.constant(4),
    ...op.shiftLeft,
    ...op.add,
  ];
  const load = (argument: number) => [...pointer(argument), 0xfd, 0, 4, 0];
  const loads = Array.from({ length: inputs }, (_, i) => load(i + 1)).flat();
  const code = [0, ...pointer(0), ...loads, 0x10, 0, 0xfd, 11, 4, 0, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, inputs, ...Array(inputs).fill(0x7b), 1, 0x7b),
    ...section(2, 2, ...name('env'), ...name('memory'), 2, 3, 1, 0x80, 0x80, 4, ...name('math'), ...name(f), 0, 1),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('run'), 0, 1),
    ...section(10, 1, code.length, ...code),
  ]);
}
