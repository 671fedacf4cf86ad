/** The two forms of a tile of sums that the module of wide kernels exports for the probe. */
interface Tiles {
  tileWide(
    a: number,
    aStep: 16,
    b: number,
    bNext: number,
    length: number,
    c: number,
    cStep: number,
    cNext: number,
    add: 0,
  ): void;
  tilePacked(
    a: number,
    aStep: 16,
    b: number,
    length: number,
    c: number,
    cStep: number,
    rows: 4,
    columns: 8,
    add: 0,
  ): void;
}

/** Length of the sums. */
const length = 256;

/** Rows and columns of a tile. */
const [rows, columns] = [4, 16];

/** Bytes of memory that the probe needs: both operands, and two results. */
const bytes = 4 * (length * (rows + columns) + 2 * rows * columns);

/** Timings of each form, of which the shortest counts, and tiles in each: about a microsecond each. */
const samples = 40;
const tiles = 3;

/**
 * The least gain; the forms differ by about two where pairs of vectors are joined, and by a third where they are not.
 */
const leastGain = 1.3;

/**
 * Compares a tile of 256-bit vectors with one of 128 bits that computes the same sums. Returns why the engine must not
 * use wide kernels: they are not faster, or compute other bits; null if it may.
 *
 * @param at pointer to `probe.bytes` free bytes
 */
export function probe(exports: WebAssembly.Exports, memory: Float32Array, at: number): string | null {
  const { tileWide, tilePacked } = exports as unknown as Tiles;
  const b = at + 4 * length * rows;
  const bNext = 4 * length * 8;
  const wideResult = b + 2 * bNext;
  const narrowResult = wideResult + 4 * rows * columns;
  for (let i = at / 4; i < wideResult / 4; i++) memory[i] = Math.sin(i) * 2 ** (i % 7);
  const wide = () => tileWide(at, 16, b, bNext, length, wideResult, 4 * columns, 32, 0);
  const narrow = () => {
    tilePacked(at, 16, b, length, narrowResult, 4 * columns, 4, 8, 0);
    tilePacked(at, 16, b + bNext, length, narrowResult + 32, 4 * columns, 4, 8, 0);
  };
  let [wideTime, narrowTime] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let sample = 0; sample < samples; sample++) {
    wideTime = Math.min(wideTime, timeOf(wide));
    narrowTime = Math.min(narrowTime, timeOf(narrow));
  }
  const bits = new Int32Array(memory.buffer);
  for (let i = 0; i < rows * columns; i++) {
    if (bits[wideResult / 4 + i] !== bits[narrowResult / 4 + i]) return 'the engine computes other bits with them';
  }
  // a clock that does not advance shows nothing
  const gain = wideTime > 0 ? narrowTime / wideTime : 0;
  if (gain >= leastGain) return null;
  return `expected them to be ${leastGain} times as fast on this processor, got ${gain.toFixed(2)} times`;
}

probe.bytes = bytes;

function timeOf(run: () => void): number {
  const start = performance.now();
  for (let i = 0; i < tiles; i++) run();
  return performance.now() - start;
}
