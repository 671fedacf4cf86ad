import { storeLanes } from '../simd';

// Convolutions read their input through windows: copies, in a thread's scratch memory, of the part of each channel that
// one block of outputs needs, with zeros for the padding. Outputs and kernel taps are then only byte offsets, and the
// inner loops have no special cases.

/** One axis of a convolution: for tap q, output i reads input i * step + offset + q * offsetStep. */
@unmanaged
export class Axis {
  /** The number of outputs; output i is at position start + i * stride of the output axis, which has size `length`. */
  outputs: i32;
  start: i32;
  stride: i32;
  length: i32;
  /** Length of the input. */
  inputs: i32;
  step: i32;
  /** The number of taps, the kernel positions that are used; tap q is at position tap + q * tapStep of `kernel`. */
  taps: i32;
  tap: i32;
  tapStep: i32;
  kernel: i32;
  offset: i32;
  offsetStep: i32;
}

/** The inputs that a range of outputs needs along one axis. Neighbouring rows (or images) share their zeros. */
@unmanaged
export class Span {
  /** The position in the input of place 0 of the window; it may be outside the input. */
  origin: i32;
  /** The first input in the window, the number of inputs in it, and the place of the first. */
  from: i32;
  count: i32;
  lead: i32;
  /** Places from one row (image) to the next. */
  pitch: i32;
  /** Places that are read. */
  places: i32;
}

/** Bytes of a `Span`. */
export const spanSize: usize = 24;

/** Fills in a span for outputs from `first` up to but not including `end`. */
export function measure(span: Span, axis: Axis, first: i32, end: i32): void {
  const last = (axis.taps - 1) * axis.offsetStep;
  const origin = first * axis.step + axis.offset + min(0, last);
  const after = (end - 1) * axis.step + axis.offset + max(0, last) + 1;
  const from = min(max(origin, 0), axis.inputs);
  const count = max(0, min(after, axis.inputs) - from);
  span.origin = origin;
  span.from = from;
  span.count = count;
  span.places = after - origin;
  span.lead = count > 0 ? from - origin : 0;
  span.pitch = count > 0 ? count + max(from - origin, after - from - count) : after - origin;
}

/** Copies the planes of `channels` neighbouring channels of several images into windows; steps are in bytes. */
export function copyWindows(
  to: usize, channelStep: usize, rows: Span, columns: Span,
  from: usize, planeStep: usize, imageStep: usize, rowStep: usize, images: i32, channels: i32,
): void {
  const count = columns.count, height = rows.count;
  const pitch = <usize>columns.pitch * 4, imagePitch = pitch * <usize>rows.pitch;
  const dense = rows.pitch === height && columns.pitch === count && rows.places === height && columns.places === count;
  if (!dense) memory.fill(to, 0, channelStep * <usize>channels);
  from += <usize>rows.from * rowStep + <usize>columns.from * 4;
  to += <usize>rows.lead * pitch + <usize>columns.lead * 4;
  const tail = count & 3, whole = <usize>(count - tail) * 4;
  for (let c = 0; c < channels; c++, from += planeStep, to += channelStep) {
    let fromImage = from, toImage = to;
    for (let n = 0; n < images; n++, fromImage += imageStep, toImage += imagePitch) {
      let source = fromImage, target = toImage;
      for (let y = 0; y < height; y++, source += rowStep, target += pitch) {
        for (let x: usize = 0; x < whole; x += 16) v128.store(target + x, v128.load(source + x));
        if (tail > 0) storeLanes(target + whole, v128.load(source + whole), tail);
      }
    }
  }
}

/** Lists the byte offsets of all taps in a channel's window, relative to the place of an output. */
export function listTaps(to: usize, y: Axis, x: Axis, pitch: i32): void {
  const firstY = min(0, (y.taps - 1) * y.offsetStep), firstX = min(0, (x.taps - 1) * x.offsetStep);
  for (let i = 0; i < y.taps; i++) {
    for (let j = 0; j < x.taps; j++, to += 4) {
      store<i32>(to, ((i * y.offsetStep - firstY) * pitch + j * x.offsetStep - firstX) * 4);
    }
  }
}

/** Lists the byte offsets of the places of all outputs in a channel's window: images, `height` rows, columns. */
export function listPlaces(to: usize, y: Axis, x: Axis, rows: Span, columns: Span, images: i32, height: i32): void {
  for (let n = 0; n < images; n++) {
    for (let i = 0; i < height; i++) {
      const row = (n * rows.pitch + i * y.step) * columns.pitch;
      for (let j = 0; j < x.outputs; j++, to += 4) store<i32>(to, (row + j * x.step) * 4);
    }
  }
}

/** Lists the byte offsets of the same outputs in the output tensor, relative to the first row of the first image. */
export function listOutputs(to: usize, y: Axis, x: Axis, imageStep: usize, images: i32, first: i32, height: i32): void {
  for (let n = 0; n < images; n++) {
    for (let i = first; i < first + height; i++) {
      const row = (y.start + i * y.stride) * x.length + x.start;
      for (let j = 0; j < x.outputs; j++, to += 4) {
        store<usize>(to, <usize>n * imageStep + <usize>(row + j * x.stride) * 4);
      }
    }
  }
}
