import type { Images, Window } from './transform.js';

/** The bits after the binary point of weights for bytes. */
const precision = 22;

/** The weights of one axis: output `i` is the sum of `count` inputs from `first[i]` on, times `weights[i * taps ..]`. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array | Float64Array;
}

/** Where the images go: `out` receives (channels, height, width) at element `at`. */
export interface Resampled {
  readonly out: Uint8Array | Float32Array;
  readonly at: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Resizes a window, which lies inside image `i`, with bilinear weights whose width grows with the factor of reduction
 * (antialiasing). Bytes are the same as those of Pillow's `resize`: rows first, then columns, with weights of 22 bits
 * and rounding to bytes in between.
 */
export function resample(images: Images, i: number, window: Window, { out, at, height, width }: Resampled): void {
  const { data, channels, height: fullHeight, width: fullWidth } = images;
  const isBytes = data instanceof Uint8Array;
  const across = window.width === width ? null : weightsOf(window.width, width, isBytes);
  const down = window.height === height ? null : weightsOf(window.height, height, isBytes);
  const size = window.height * width;
  const rows = isBytes ? new Uint8Array(size) : new Float32Array(size);
  for (let c = 0; c < channels; c++) {
    const plane = (i * channels + c) * fullHeight * fullWidth + window.top * fullWidth + window.left;
    for (let y = 0; y < window.height; y++) {
      const from = plane + y * fullWidth;
      if (across === null) rows.set(data.subarray(from, from + width), y * width);
      else if (isBytes) bytesAcross(data, from, across, { out: rows as Uint8Array, at: y * width });
      else floatsAcross(data, from, across, { out: rows as Float32Array, at: y * width });
    }
    const to = out.subarray(at + c * height * width, at + (c + 1) * height * width);
    if (down === null) to.set(rows);
    else if (isBytes) bytesDown(rows as Uint8Array, down, to as Uint8Array, width);
    else floatsDown(rows as Float32Array, down, to as Float32Array, width);
  }
}

function weightsOf(from: number, to: number, isBytes: boolean): Weights {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const taps = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    first[i] = start;
    count[i] = end - start;
    let sum = 0;
    for (let x = start; x < end; x++) {
      const weight = Math.max(0, 1 - Math.abs((x - center + 0.5) / support));
      weights[i * taps + x - start] = weight;
      sum += weight;
    }
    for (let x = i * taps; x < (i + 1) * taps; x++) weights[x] /= sum;
  }
  // all weights are >= 0, so the conversion to integers rounds to the nearest one
  const fixed = () => Int32Array.from(weights, (w) => 0.5 + w * 2 ** precision);
  return { taps, first, count, weights: isBytes ? fixed() : weights };
}

interface Place<A> {
  readonly out: A;
  readonly at: number;
}

function bytesAcross(
  data: Uint8Array,
  from: number,
  { taps, first, count, weights }: Weights,
  { out, at }: Place<Uint8Array>,
) {
  for (let x = 0; x < first.length; x++) {
    const start = from + first[x];
    const w = x * taps;
    let sum = 1 << (precision - 1);
    for (let k = 0; k < count[x]; k++) sum += data[start + k] * weights[w + k];
    out[at + x] = Math.min(255, sum >> precision);
  }
}

function floatsAcross(
  data: Float32Array,
  from: number,
  { taps, first, count, weights }: Weights,
  { out, at }: Place<Float32Array>,
) {
  for (let x = 0; x < first.length; x++) {
    let sum = 0;
    for (let k = 0; k < count[x]; k++) sum += data[from + first[x] + k] * weights[x * taps + k];
    out[at + x] = sum;
  }
}

function bytesDown(rows: Uint8Array, { taps, first, count, weights }: Weights, out: Uint8Array, width: number): void {
  const sums = new Int32Array(width);
  for (let y = 0; y < first.length; y++) {
    sums.fill(1 << (precision - 1));
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * taps + k];
      const from = (first[y] + k) * width;
      for (let x = 0; x < width; x++) sums[x] += rows[from + x] * weight;
    }
    for (let x = 0; x < width; x++) out[y * width + x] = Math.min(255, sums[x] >> precision);
  }
}

function floatsDown(
  rows: Float32Array,
  { taps, first, count, weights }: Weights,
  out: Float32Array,
  width: number,
): void {
  const sums = new Float64Array(width);
  for (let y = 0; y < first.length; y++) {
    sums.fill(0);
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * taps + k];
      const from = (first[y] + k) * width;
      for (let x = 0; x < width; x++) sums[x] += rows[from + x] * weight;
    }
    out.set(sums, y * width);
  }
}
