import { type Images, valuesLike, type Window } from './transform.js';

/** The bits after the binary point of weights for bytes. */
const precision = 22;

/** The weights of one axis: output `i` is the sum of `count[i]` inputs from `first[i]` on, times those at `i * taps`. */
interface Weights {
  readonly taps: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** For bytes, integers: shares of 2^22. */
  readonly weights: Float64Array;
}

/** Where an image goes: `out` receives (channels, height, width) at element `at`. */
export interface Resampled {
  readonly out: Uint8Array | Float32Array;
  readonly at: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Resizes a window, which lies inside image `i`, with bilinear weights whose width grows with the factor of reduction
 * (antialiasing). Bytes are the same as those of Pillow's `resize`: rows first, then columns, with weights of 22 bits
 * and rounding to bytes in between. Sums of bytes are integers below 2^31, which doubles represent exactly.
 */
export function resample(images: Images, i: number, window: Window, { out, at, height, width }: Resampled): void {
  const { data, channels, height: fullHeight, width: fullWidth } = images;
  const isBytes = data instanceof Uint8Array;
  const across = window.width === width ? null : weightsOf(window.width, width, isBytes);
  const down = window.height === height ? null : weightsOf(window.height, height, isBytes);
  const rows = valuesLike('resize', data, window.height * width);
  const sums = new Float64Array(width);
  const start = isBytes ? 2 ** (precision - 1) : 0;
  const put = (to: Uint8Array | Float32Array, from: number) => {
    if (isBytes) for (let x = 0; x < width; x++) to[from + x] = Math.min(255, sums[x] >> precision);
    else to.set(sums, from);
  };
  for (let c = 0; c < channels; c++) {
    const plane = (i * channels + c) * fullHeight * fullWidth + window.top * fullWidth + window.left;
    for (let y = 0; y < window.height; y++) {
      const from = plane + y * fullWidth;
      if (across) {
        sumAcross(data, from, across, sums.fill(start));
        put(rows, y * width);
      } else rows.set(data.subarray(from, from + width), y * width);
    }
    const to = at + c * height * width;
    if (!down) out.set(rows, to);
    else {
      for (let y = 0; y < height; y++) {
        sumDown(rows, y, down, sums.fill(start));
        put(out, to + y * width);
      }
    }
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
    first[i] = start;
    count[i] = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    const own = weights.subarray(i * taps, i * taps + count[i]);
    let sum = 0;
    for (let k = 0; k < own.length; k++) {
      own[k] = Math.max(0, 1 - Math.abs((start + k - center + 0.5) / support));
      sum += own[k];
    }
    for (let k = 0; k < own.length; k++) {
      own[k] /= sum;
      // all weights are >= 0
      if (isBytes) own[k] = Math.trunc(0.5 + own[k] * 2 ** precision);
    }
  }
  return { taps, first, count, weights };
}

/** Adds the elements of a row to the sums. */
function sumAcross(
  data: Images['data'],
  from: number,
  { taps, first, count, weights }: Weights,
  sums: Float64Array,
): void {
  for (let x = 0; x < sums.length; x++) {
    const start = from + first[x];
    const w = x * taps;
    let sum = sums[x];
    for (let k = 0; k < count[x]; k++) sum += data[start + k] * weights[w + k];
    sums[x] = sum;
  }
}

/** Adds the rows for output row `y` to the sums. */
function sumDown(rows: Images['data'], y: number, { taps, first, count, weights }: Weights, sums: Float64Array): void {
  const width = sums.length;
  for (let k = 0; k < count[y]; k++) {
    const weight = weights[y * taps + k];
    const from = (first[y] + k) * width;
    for (let x = 0; x < width; x++) sums[x] += rows[from + x] * weight;
  }
}
