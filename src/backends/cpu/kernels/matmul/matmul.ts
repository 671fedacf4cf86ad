import { packLines } from './pack';
import { tileInPlace, tileOfDots, tilePacked } from './matmul-tile';
import { tileInPlaceWide, tileWide, tileWide6, tileWideRows } from './matmul-tile-wide';
import { madd, storeLanes } from '../simd';
import { wide } from '../variant';

/**
 * The arguments of matmul kernels. Steps are in bytes; C is row-major without gaps. A task is a block of C of one
 * product.
 */
@unmanaged
class MatmulArgs {
  a: usize;
  b: usize;
  c: usize;
  m: i32;
  n: i32;
  k: i32;
  aRow: usize;
  aColumn: usize;
  bRow: usize;
  bColumn: usize;
  aBatch: usize;
  bBatch: usize;
  /** If not 0, the kernel adds to C instead of overwriting it. */
  accumulate: i32;
  /** Rows (a multiple of 4) and columns (a multiple of 8) of C in a block. */
  blockRows: i32;
  blockColumns: i32;
  /** Blocks side by side, and all blocks, of one product. */
  blocksAcross: i32;
  blocks: i32;
  /** Scratch memory: where that of the first thread starts, and the size for each thread. */
  scratch: usize;
  scratchSize: usize;
}

/** Length of the part of k that is packed at a time: panels of B take 8 KiB, a quarter of the smallest L1 caches. */
const depth: i32 = 256;

/** Rows of A that are packed at a time, a multiple of 12 and of 16. */
const packedRows: i32 = 48;

/**
 * Computes C = A B by blocks, as described by Goto and van de Geijn (2008): panels of B, of 8 columns by `depth` rows,
 * stay in the L2 cache for the whole block, and panels of A, of 4 rows, or 6 rows of A itself, stay in L1. Scratch: depth * (packedRows +
 * blockColumns) floats.
 */
export function matmulPacked(args: usize, task: i32, thread: i32): void {
  const p = changetype<MatmulArgs>(args);
  const batch = <usize>(task / p.blocks), block = task % p.blocks;
  const down = block / p.blocksAcross, across = block - down * p.blocksAcross;
  const row0 = down * p.blockRows, row1 = min(row0 + p.blockRows, p.m);
  const column0 = across * p.blockColumns, columns = min(p.blockColumns, p.n - column0);
  const aRow = p.aRow, aColumn = p.aColumn, bRow = p.bRow, bColumn = p.bColumn, cStep = <usize>p.n * 4;
  const c0 = p.c + batch * <usize>p.m * cStep + <usize>column0 * 4;
  const panelsA = p.scratch + <usize>thread * p.scratchSize;
  const panelsB = panelsA + <usize>(packedRows * depth * 4);
  for (let k0 = 0; k0 < p.k; k0 += depth) {
    const length = min(depth, p.k - k0);
    const accumulate = p.accumulate !== 0 || k0 > 0;
    const a = p.a + batch * p.aBatch + <usize>k0 * aColumn;
    let b = p.b + batch * p.bBatch + <usize>k0 * bRow + <usize>column0 * bColumn;
    const stepA = <usize>length * 16, stepB = <usize>length * 32;
    for (let j = 0, to = panelsB; j < columns; j += 16, to += 2 * stepB, b += 16 * bColumn) {
      packLines(to, 16, stepB, 32, b, bColumn, bRow, columns - j, length);
    }
    // Whole tiles of six rows read A in place if its rows are vectors, unless they compete for the same cache lines. If
    // two rows would be left over, eight are left to tiles of four.
    let inPlace = row0;
    if (wide && aColumn === 4 && (aRow & 4095) !== 0) {
      const rest = (row1 - row0) % 6;
      inPlace = max(row0, row1 - rest - (rest === 2 ? 6 : 0));
    }
    for (let i = row0; i < inPlace; i += 6) {
      const from = a + <usize>i * aRow, c = c0 + <usize>i * cStep;
      let j = 0, panelB = panelsB;
      for (; j + 16 <= columns; j += 16, panelB += 2 * stepB) {
        tileWideRows(from, aRow, panelB, stepB, length, c + <usize>j * 4, cStep, 32, accumulate);
      }
      for (; j < columns; j += 8, panelB += stepB) {
        const to = c + <usize>j * 4;
        tileInPlace(from, aRow, 4, panelB, 32, length, to, cStep, 4, columns - j, accumulate);
        tileInPlace(from + 4 * aRow, aRow, 4, panelB, 32, length, to + 4 * cStep, cStep, 2, columns - j, accumulate);
      }
    }
    for (let i0 = inPlace; i0 < row1; i0 += packedRows) {
      const i1 = min(i0 + packedRows, row1);
      let from = a + <usize>i0 * aRow;
      for (let i = i0, to = panelsA; i < i1; i += 16, to += 4 * stepA, from += 16 * aRow) {
        packLines(to, stepA, 2 * stepA, 16, from, aRow, aColumn, i1 - i, length);
      }
      // columns that whole tiles of 16 cover, and rows that tiles of 6 and 4 cover
      const wideColumns = wide ? columns & ~15 : 0;
      let i = i0, panelA = panelsA;
      if (wide) {
        for (; i + 12 <= i1; i += 12, panelA += 3 * stepA) {
          const c = c0 + <usize>i * cStep, second = panelA + stepA, third = second + stepA;
          for (let j = 0, panelB = panelsB; j < wideColumns; j += 16, panelB += 2 * stepB) {
            const to = c + <usize>j * 4;
            tileWide6(panelA, panelA + 8, second, 16, panelB, stepB, length, to, cStep, 32, accumulate);
            tileWide6(second + 8, third, third + 8, 16, panelB, stepB, length, to + 6 * cStep, cStep, 32, accumulate);
          }
        }
        for (; i + 4 <= i1; i += 4, panelA += stepA) {
          const c = c0 + <usize>i * cStep;
          for (let j = 0, panelB = panelsB; j < wideColumns; j += 16, panelB += 2 * stepB) {
            tileWide(panelA, 16, panelB, stepB, length, c + <usize>j * 4, cStep, 32, accumulate);
          }
        }
      }
      const wideRows = i;
      for (i = i0, panelA = panelsA; i < i1; i += 4, panelA += stepA) {
        const c = c0 + <usize>i * cStep, first = i < wideRows ? wideColumns : 0;
        for (let j = first, panelB = panelsB + <usize>(first >> 3) * stepB; j < columns; j += 8, panelB += stepB) {
          tilePacked(panelA, 16, panelB, length, c + <usize>j * 4, cStep, i1 - i, columns - j, accumulate);
        }
      }
    }
  }
}

/**
 * Computes C = A B without copies, for a row-major B that is small (few columns and rows) or read only once (few rows
 * of A).
 */
export function matmulInPlace(args: usize, task: i32, thread: i32): void {
  const p = changetype<MatmulArgs>(args);
  const batch = <usize>(task / p.blocks), block = task % p.blocks;
  const down = block / p.blocksAcross, across = block - down * p.blocksAcross;
  const row0 = down * p.blockRows, row1 = min(row0 + p.blockRows, p.m);
  const column0 = across * p.blockColumns, column1 = min(column0 + p.blockColumns, p.n);
  const aRow = p.aRow, aColumn = p.aColumn, bRow = p.bRow, length = p.k, cStep = <usize>p.n * 4;
  const a = p.a + batch * p.aBatch, b = p.b + batch * p.bBatch, c = p.c + batch * <usize>p.m * cStep;
  const accumulate = p.accumulate !== 0;
  for (let i = row0; i < row1; i += 4) {
    const ai = a + <usize>i * aRow, ci = c + <usize>i * cStep;
    let j = column0;
    if (wide && i + 4 <= row1) {
      for (; j + 16 <= column1; j += 16) {
        const x = <usize>j * 4;
        tileInPlaceWide(ai, aRow, aColumn, b + x, bRow, length, ci + x, cStep, accumulate);
      }
    }
    for (; j < column1; j += 8) {
      const x = <usize>j * 4;
      tileInPlace(ai, aRow, aColumn, b + x, bRow, length, ci + x, cStep, row1 - i, column1 - j, accumulate);
    }
  }
}

/**
 * Computes C = A B without copies, for a row-major A with few rows and a column-major B: dot products of vectors
 * without gaps.
 */
export function matmulDots(args: usize, task: i32, thread: i32): void {
  const p = changetype<MatmulArgs>(args);
  const batch = <usize>(task / p.blocks), block = task % p.blocks;
  const down = block / p.blocksAcross, across = block - down * p.blocksAcross;
  const row0 = down * p.blockRows, row1 = min(row0 + p.blockRows, p.m);
  const column0 = across * p.blockColumns, column1 = min(column0 + p.blockColumns, p.n);
  const aRow = p.aRow, bColumn = p.bColumn, length = p.k, cStep = <usize>p.n * 4;
  const a = p.a + batch * p.aBatch, b = p.b + batch * p.bBatch, c = p.c + batch * <usize>p.m * cStep;
  const accumulate = p.accumulate !== 0;
  for (let j = column0; j < column1; j += 4) {
    const bj = b + <usize>j * bColumn, cj = c + <usize>j * 4;
    for (let i = row0; i < row1; i += 2) {
      const ai = a + <usize>i * aRow, ci = cj + <usize>i * cStep;
      tileOfDots(ai, aRow, bj, bColumn, length, ci, cStep, row1 - i, column1 - j, accumulate);
    }
  }
}

/**
 * Computes one row times a row-major B. Four rows of B are read at a time, from left to right, at the speed of memory.
 */
export function matmulRow(args: usize, task: i32, thread: i32): void {
  const p = changetype<MatmulArgs>(args);
  const batch = <usize>(task / p.blocks), block = task % p.blocks;
  const column0 = block * p.blockColumns, columns = min(p.blockColumns, p.n - column0);
  const aColumn = p.aColumn, bRow = p.bRow, k = p.k;
  const c = p.c + (batch * <usize>p.n + <usize>column0) * 4;
  let a = p.a + batch * p.aBatch;
  let b = p.b + batch * p.bBatch + <usize>column0 * 4;
  if (p.accumulate === 0) memory.fill(c, 0, <usize>columns * 4);
  let i = 0;
  for (; i + 4 <= k; i += 4, a += 4 * aColumn, b += 4 * bRow) {
    const s0 = v128.load32_splat(a), s1 = v128.load32_splat(a + aColumn);
    const s2 = v128.load32_splat(a + 2 * aColumn), s3 = v128.load32_splat(a + 3 * aColumn);
    for (let j = 0, to = c, from = b; j < columns; j += 4, to += 16, from += 16) {
      let sum = madd(s0, v128.load(from), v128.load(to));
      sum = madd(s1, v128.load(from + bRow), sum);
      sum = madd(s2, v128.load(from + 2 * bRow), sum);
      sum = madd(s3, v128.load(from + 3 * bRow), sum);
      storeLanes(to, sum, columns - j);
    }
  }
  for (; i < k; i++, a += aColumn, b += bRow) {
    const s = v128.load32_splat(a);
    for (let j = 0, to = c, from = b; j < columns; j += 4, to += 16, from += 16) {
      storeLanes(to, madd(s, v128.load(from), v128.load(to)), columns - j);
    }
  }
}
