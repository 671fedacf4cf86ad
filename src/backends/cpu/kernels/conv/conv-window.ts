import { storeLanes } from '../simd';

// Convolutions read their input through windows: copies, in a thread's scratch memory, of the part of each channel that
// one block of outputs needs, with zeros for the padding. Outputs and kernel taps are then only byte offsets, and the
// inner loops have no special cases.

/** One axis of a convolution. */
@unmanaged
export class Axis {
  /** Lengths of the output, the input and the kernel. */
  outputs: i32;
  inputs: i32;
  kernel: i32;
  /** Places of the input from one output of a part to the next. */
  step: i32;
  /** The parts, which contain each output once. */
  parts: usize;
  partCount: i32;
}

/**
 * Outputs that share their taps: output i of the part is at start + i * stride of the axis, and its tap q, which is at
 * tap + q * tapStep of the kernel, reads input i * step + offset + q * offsetStep.
 */
@unmanaged
export class Part {
  start: i32;
  stride: i32;
  count: i32;
  taps: i32;
  tap: i32;
  tapStep: i32;
  offset: i32;
  offsetStep: i32;

  /** The first of its outputs that is at `place` of the axis or after it. */
  @inline
  from(place: i32): i32 {
    return min(this.count, max(0, (place - this.start + this.stride - 1) / this.stride));
  }

  /** What the tap with the lowest place reads for output 0. */
  @inline
  get lowest(): i32 {
    return this.offset + min(0, (this.taps - 1) * this.offsetStep);
  }
}

/** Bytes of a `Part`. */
const partSize: usize = 32;

/** Part `index` of an axis. */
@inline
export function partOf(axis: Axis, index: i32): Part {
  return changetype<Part>(axis.parts + <usize>index * partSize);
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
  let origin: i32 = i32.MAX_VALUE, after: i32 = i32.MIN_VALUE;
  for (let index = 0; index < axis.partCount; index++) {
    const part = partOf(axis, index), i = part.from(first), last = part.from(end) - 1;
    if (part.taps === 0 || last < i) continue;
    const reach = part.taps > 1 ? abs((part.taps - 1) * part.offsetStep) : 0;
    origin = min(origin, i * axis.step + part.lowest);
    after = max(after, last * axis.step + part.lowest + reach + 1);
  }
  if (origin > after) origin = after = 0;
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
export function listTaps(to: usize, y: Part, x: Part, pitch: i32): void {
  const firstY = min(0, (y.taps - 1) * y.offsetStep), firstX = min(0, (x.taps - 1) * x.offsetStep);
  for (let i = 0; i < y.taps; i++) {
    for (let j = 0; j < x.taps; j++, to += 4) {
      store<i32>(to, ((i * y.offsetStep - firstY) * pitch + j * x.offsetStep - firstX) * 4);
    }
  }
}

/** Some outputs of a part, from `first` up to but not including `end`, and the place of the first in the window. */
@unmanaged
export class Stretch {
  first: i32;
  end: i32;
  place: i32;
}

/** Bytes of a `Stretch`. */
export const stretchSize: usize = 16;

/** Fills in the outputs of a part that are from `from` up to but not including `to` of the axis. */
export function stretchOf(stretch: Stretch, part: Part, axis: Axis, span: Span, from: i32, to: i32): void {
  stretch.first = part.from(from);
  stretch.end = max(stretch.first, part.from(to));
  stretch.place = stretch.first * axis.step + part.lowest - span.origin;
}

/** Lists the byte offsets of the places of outputs in a channel's window: images, rows, columns. */
export function listPlaces(
  to: usize, y: Axis, x: Axis, ys: Stretch, xs: Stretch, rows: Span, columns: Span, images: i32,
): void {
  for (let n = 0; n < images; n++) {
    let row = (n * rows.pitch + ys.place) * columns.pitch + xs.place;
    for (let i = ys.first; i < ys.end; i++, row += y.step * columns.pitch) {
      for (let j = xs.first, place = row; j < xs.end; j++, to += 4, place += x.step) store<i32>(to, place * 4);
    }
  }
}
