import type { Engine } from './engine.js';

/**
 * C[i] = A[i] B[i] for i < batch, or C[i] += A[i] B[i]. Pointers are byte offsets; matrices are row-major without gaps.
 */
export interface MatmulProblem {
  readonly batch: number;
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the sums; if 0, C is zeros. */
  readonly k: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** A is stored as (k, m) instead of (m, k). */
  readonly transposeA?: boolean;
  /** B is stored as (n, k) instead of (k, n). */
  readonly transposeB?: boolean;
  /** Elements from one A of the batch to the next; 0 (default) uses the same A for all. The matrices C are adjacent. */
  readonly strideA?: number;
  /** The same for B. */
  readonly strideB?: number;
  /** Adds to C instead of overwriting it. */
  readonly accumulate?: boolean;
}

/** How a kernel divides C into blocks of rows and columns, one block per task. */
interface Plan {
  readonly kernel: 'matmulPacked' | 'matmulInPlace' | 'matmulDots' | 'matmulRow';
  readonly blockRows: number;
  readonly blockColumns: number;
}

/** Rows of A, and length along k, that kernels/matmul/matmul.ts packs at a time. */
const packedRows = 48;
const packedDepth = 256;

/** Most columns of a block: packed B takes 256 KiB at most, which fits L2 caches. */
const mostColumns = 256;
/** Most rows of a block: packing B then costs a five-hundredth of using it. */
const mostRows = 512;
/** Columns of a block when a vector is multiplied by a matrix. */
const rowColumns = 1024;

/** Up to this many rows or columns, or this many multiply-adds, dot products are faster than packing. */
const fewLines = 16;
const littleWork = 8192;
/**
 * Up to this many elements, matrices stay in the L1 cache and need no packing; A may be larger if its rows have no
 * gaps.
 */
const smallB = 4096;
const smallA = 16384;

/** The fewest tasks that a large product is divided into, so that threads finish at about the same time. */
const enoughTasks = 8;
/** Multiply-adds that are worth a separate task: about five microseconds. */
const taskWork = 1 << 17;

/**
 * Computes matrix products in float32. How the work is divided depends only on shapes, and no sum is divided, so
 * results do not depend on the number of threads.
 *
 * @throws OutOfMemoryError when there is no room for scratch memory
 */
export function matmul(engine: Engine, problem: MatmulProblem): void {
  const normal = normalise(problem);
  const { batch, m, n, k, a, b, c, strideA, strideB, transposeA, transposeB } = normal;
  if (batch * m * n === 0) return;
  const { kernel, blockRows, blockColumns } = plan(normal);
  const across = Math.ceil(n / blockColumns);
  const blocks = across * Math.ceil(m / blockRows);
  const stepsA = transposeA ? [4, 4 * m] : [4 * k, 4];
  const stepsB = transposeB ? [4, 4 * k] : [4 * n, 4];
  const accumulate = normal.accumulate ? 1 : 0;
  const scratchSize = kernel === 'matmulPacked' ? 4 * packedDepth * (packedRows + blockColumns) : 0;
  const scratch = scratchSize > 0 ? engine.allocate(scratchSize * engine.threads) : 0;
  const steps = [...stepsA, ...stepsB, 4 * strideA, 4 * strideB];
  const division = [blockRows, blockColumns, across, blocks, scratch, scratchSize];
  try {
    engine.run(kernel, [a, b, c, m, n, k, ...steps, accumulate, ...division], batch * blocks);
  } finally {
    if (scratchSize > 0) engine.free(scratch);
  }
}

/** Fills in defaults and rewrites products as equivalent ones that kernels compute faster. */
function normalise(problem: MatmulProblem): Required<MatmulProblem> {
  const p = { transposeA: false, transposeB: false, strideA: 0, strideB: 0, accumulate: false, ...problem };
  if (p.batch > 1 && p.strideB === 0 && !p.transposeA && p.strideA === p.m * p.k) {
    return normalise({ ...p, batch: 1, m: p.batch * p.m }); // one tall A
  }
  if (p.n === 1 && p.m > 1) {
    // A column is a row of the transposed product, whose operands are exchanged.
    const { m, a, b, strideA, strideB, transposeA, transposeB } = p;
    const operands = { a: b, b: a, strideA: strideB, strideB: strideA };
    return { ...p, ...operands, m: 1, n: m, transposeA: !transposeB, transposeB: !transposeA };
  }
  // A vector has the same storage transposed or not.
  if (p.m === 1) p.transposeA = false;
  return p;
}

function plan(problem: Required<MatmulProblem>): Plan {
  const { m, n, k, transposeA, transposeB } = problem;
  if (transposeB && !transposeA && (Math.min(m, n) <= fewLines || m * n * k <= littleWork)) {
    return divide('matmulDots', problem);
  }
  if (transposeB && k > 0) return divide('matmulPacked', problem);
  if (m === 1) return { kernel: 'matmulRow', blockRows: 1, blockColumns: Math.min(rowColumns, Math.ceil(n / 8) * 8) };
  const small = k * n <= smallB && (!transposeA || m * k <= smallA);
  return divide(small || m <= 4 || k === 0 ? 'matmulInPlace' : 'matmulPacked', problem);
}

/** Halves blocks, the longer side first, until there are enough tasks or tasks become too small. */
function divide(kernel: Plan['kernel'], { batch, m, n, k }: MatmulProblem): Plan {
  let down = Math.ceil(m / mostRows);
  let across = Math.ceil(n / mostColumns);
  while (batch * down * across < enoughTasks && (m * n * k) / (down * across) >= 2 * taskWork) {
    if (n / across >= m / down) across *= 2;
    else down *= 2;
  }
  return { kernel, blockRows: 4 * Math.ceil(m / down / 4), blockColumns: 8 * Math.ceil(n / across / 8) };
}
