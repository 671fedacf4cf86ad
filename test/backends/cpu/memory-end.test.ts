import { describe, expect, it } from 'vitest';
import { matmul } from '../../../src/backends/cpu/matmul.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';

const floats = 16;
const engine = new CpuRuntime({ threads: 1, mostPages: 256 });

/** The block of 64 bytes at the highest address that memory can have. */
function lastBlock(): number {
  const blocks: number[] = [];
  for (let size = 2 ** 23; size >= 64; size /= 2) {
    try {
      for (;;) blocks.push(engine.allocate(size));
    } catch {}
  }
  const last = Math.max(...blocks);
  for (const block of blocks) if (block !== last) engine.free(block);
  return last;
}

describe('the end of memory', () => {
  const last = lastBlock();
  const other = engine.allocate(4 * floats);
  const out = engine.allocate(4 * floats);
  engine.f32.fill(1, last / 4, last / 4 + floats);
  engine.f32.fill(1, other / 4, other / 4 + floats);

  // every matrix product kernel, with an operand that ends at the end of memory
  const shapes = [
    [4, 4, 4],
    [2, 8, 2],
    [1, 16, 1],
    [1, 5, 3],
    [3, 5, 3],
    [5, 3, 3],
  ];
  const cases = shapes.flatMap(([m, k, n]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB) => ['a', 'b'].map((at) => ({ m, k, n, transposeA, transposeB, at }))),
    ),
  );
  it.each(cases)('fits operand $at of ($m, $k) x ($k, $n), transposed $transposeA and $transposeB', (problem) => {
    const { m, k, n, at } = problem;
    const end = last + 4 * (floats - k * (at === 'a' ? m : n));
    matmul(engine, { ...problem, batch: 1, a: at === 'a' ? end : other, b: at === 'a' ? other : end, c: out });
    expect(Array.from(engine.f32.subarray(out / 4, out / 4 + m * n))).toEqual(Array(m * n).fill(k));
  });
});
