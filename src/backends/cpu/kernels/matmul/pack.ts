import { storeTransposed } from '../simd';

// Panels contain, for each k, the values that a tile reads together, so that the loop of the tile reads memory without
// gaps. They consist of quads: four lines of a matrix (rows of A, columns of B), side by side.

/**
 * Copies four lines whose values for one k are neighbours in `from`, or any four lines, into a quad:
 * to[k][line] = from[line][k] for k < length.
 *
 * @param step bytes from one k to the next in the panel
 * @param lineStep bytes from one line to the next in `from`
 * @param stride bytes from one k to the next in `from`
 * @param lines how many of the lines exist (more than 3: all); the others get values that are not used
 */
function packQuad(to: usize, step: usize, from: usize, lineStep: usize, stride: usize, lines: i32, length: i32): void {
  const l1 = lines > 1 ? lineStep : 0;
  const l2 = lines > 2 ? l1 + lineStep : l1;
  const l3 = lines > 3 ? l2 + lineStep : l2;
  const end = to + <usize>length * step;
  if (stride === 4) {
    for (const blocks = to + <usize>(length & ~3) * step; to < blocks; to += 4 * step, from += 16) {
      storeTransposed(to, step, v128.load(from), v128.load(from + l1), v128.load(from + l2), v128.load(from + l3));
    }
  }
  for (; to < end; to += step, from += stride) {
    store<f32>(to, load<f32>(from));
    store<f32>(to, load<f32>(from + l1), 4);
    store<f32>(to, load<f32>(from + l2), 8);
    store<f32>(to, load<f32>(from + l3), 12);
  }
}

/**
 * Packs up to 16 lines of a matrix into four quads at to, to + near, to + far and to + far + near. If the values for
 * one k are neighbours (lineStep 4), all are read at once, since they often share a cache line.
 */
export function packLines(
  to: usize, near: usize, far: usize, step: usize,
  from: usize, lineStep: usize, stride: usize, lines: i32, length: i32,
): void {
  if (lineStep !== 4) {
    packQuad(to, step, from, lineStep, stride, lines, length);
    if (lines > 4) packQuad(to + near, step, from + 4 * lineStep, lineStep, stride, lines - 4, length);
    if (lines > 8) packQuad(to + far, step, from + 8 * lineStep, lineStep, stride, lines - 8, length);
    if (lines > 12) packQuad(to + far + near, step, from + 12 * lineStep, lineStep, stride, lines - 12, length);
    return;
  }
  for (const end = to + <usize>length * step; to < end; to += step, from += stride) {
    v128.store(to, v128.load(from));
    if (lines > 4) v128.store(to + near, v128.load(from, 16));
    if (lines > 8) v128.store(to + far, v128.load(from, 32));
    if (lines > 12) v128.store(to + far + near, v128.load(from, 48));
  }
}
