/** From this many bytes on, memory.copy and memory.fill, which call into the engine, are faster than a loop. */
const LONG: usize = 512;

/** Copies bytes between ranges that do not overlap. */
export function copyBytes(to: usize, from: usize, bytes: usize): void {
  if (bytes >= LONG) {
    memory.copy(to, from, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to + 4 <= end; to += 4, from += 4) store<u32>(to, load<u32>(from));
  for (; to < end; to++, from++) store<u8>(to, load<u8>(from));
}

/** Sets bytes to zero. */
export function zeroBytes(to: usize, bytes: usize): void {
  memory.fill(to, 0, bytes);
}
