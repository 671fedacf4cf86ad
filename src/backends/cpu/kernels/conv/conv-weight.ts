import { storePlaces, storeTile } from '../interleave';
import { gatherTiles, gatherTilesOf8, gatherTilesWide } from './conv-tile';
import {
  Axis, copyWindows, listPlaces, listTaps, measure, partOf, Span, spanSize, Stretch, stretchOf, stretchSize,
} from './conv-window';
import { packLines } from '../matmul/pack';
import { wide } from '../variant';

/**
 * The arguments of `convWeightGrad`; the axes y and x, of one part each, follow. Channels are those of one
 * group; steps are in bytes.
 */
@unmanaged
class WeightGradArgs {
  input: usize;
  gradient: usize;
  /** A tensor (groups * outChannels, inChannels, kH, kW) for each slice of the images. */
  output: usize;
  images: i32;
  groups: i32;
  inChannels: i32;
  outChannels: i32;
  /** Images per slice. */
  sliceImages: i32;
  /** The weights of a task: input channels, and output channels (a multiple of 8). */
  blockIn: i32;
  blockOut: i32;
  /** The images, or rows of outputs of one image, whose windows are in scratch memory at a time. */
  blockImages: i32;
  blockRows: i32;
  /** Outputs whose gradients are packed at a time, and outputs in a block. */
  panelPlaces: i32;
  places: i32;
  /** Bytes from one channel's window to the next. */
  windowStep: usize;
  scratch: usize;
  scratchSize: usize;
}

/**
 * Copies gradients of 8 channels into a panel [output][8], for outputs first to first + count of the block; the `area`
 * outputs of an image are adjacent.
 */
@inline
function packGradient(
  to: usize, from: usize, planeStep: usize, imageStep: usize, area: i32, first: i32, count: i32, lanes: i32,
): void {
  for (const end = first + count; first < end; ) {
    const image = first / area, place = first - image * area;
    const length = min(area - place, end - first);
    packLines(
      to, 16, 0, 32, from + <usize>image * imageStep + <usize>place * 4, planeStep, 4, lanes, length,
    );
    to += <usize>length * 32;
    first += length;
  }
}

/**
 * Computes the gradient of the weights of a convolution: each element is the sum, over images and outputs, of gradient
 * times input. A task computes the elements of some output and input channels for a slice of the images. Loops, from
 * the outermost: outputs by blocks whose windows fit the L2 cache, output channels by 8, outputs by panels of gradients
 * that fit L1, weights of one output channel by 4. All sums of the task stay in scratch memory.
 */
export function convWeightGrad(args: usize, task: i32, thread: i32): void {
  const p = changetype<WeightGradArgs>(args);
  const y = changetype<Axis>(args + offsetof<WeightGradArgs>());
  const x = changetype<Axis>(args + offsetof<WeightGradArgs>() + offsetof<Axis>());
  const yPart = partOf(y, 0), xPart = partOf(x, 0);
  const taps = yPart.taps * xPart.taps;

  // the weights and images of this task
  const outBlocks = (p.outChannels + p.blockOut - 1) / p.blockOut;
  const inBlocks = (p.inChannels + p.blockIn - 1) / p.blockIn;
  const out0 = (task % outBlocks) * p.blockOut;
  let rest = task / outBlocks;
  const in0 = (rest % inBlocks) * p.blockIn;
  rest /= inBlocks;
  const group = rest % p.groups;
  const slice = rest / p.groups;
  const outs = min(p.blockOut, p.outChannels - out0);
  const ins = min(p.blockIn, p.inChannels - in0);
  const count = ins * taps;
  const padded = (count + 3) & ~3;

  // scratch memory
  const rows = changetype<Span>(p.scratch + <usize>thread * p.scratchSize);
  const columns = changetype<Span>(changetype<usize>(rows) + spanSize);
  const ys = changetype<Stretch>(changetype<usize>(rows) + 64);
  const xs = changetype<Stretch>(changetype<usize>(ys) + stretchSize);
  const offsets = changetype<usize>(rows) + 128;
  const weights = offsets + ((<usize>p.places * 4 + 63) & ~63);
  const panel = weights + ((<usize>(p.blockIn * taps) * 4 + 63) & ~63);
  const panelBytes = <usize>p.panelPlaces * 32;
  const windows = panel + 2 * panelBytes;
  const allSums = windows + p.windowStep * <usize>p.blockIn;
  const sumsStep = <usize>padded * 32;

  const plane = <usize>(y.inputs * x.inputs) * 4, outPlane = <usize>(y.outputs * x.outputs) * 4;
  const imageStep = plane * <usize>(p.inChannels * p.groups), outImageStep = outPlane * <usize>(p.outChannels * p.groups);
  const input = p.input + <usize>(group * p.inChannels + in0) * plane;
  const gradient = p.gradient + <usize>(group * p.outChannels + out0) * outPlane;

  memory.fill(allSums, 0, sumsStep * <usize>((outs + 7) >> 3));
  measure(columns, x, 0, x.outputs);
  stretchOf(xs, xPart, x, columns, 0, x.outputs);
  listTaps(weights, yPart, xPart, columns.pitch);
  for (let i = taps; i < padded; i++) {
    const before = weights + <usize>(i - taps) * 4;
    store<usize>(before + <usize>taps * 4, i < count ? load<usize>(before) + p.windowStep : 0);
  }
  const endImage = min(p.images, (slice + 1) * p.sliceImages);
  for (let image = slice * p.sliceImages; image < endImage; image += p.blockImages) {
    const images = min(p.blockImages, endImage - image);
    for (let row = 0; row < y.outputs; row += p.blockRows) {
      const height = min(p.blockRows, y.outputs - row), area = height * x.outputs;
      measure(rows, y, row, row + height);
      stretchOf(ys, yPart, y, rows, row, row + height);
      listPlaces(offsets, y, x, ys, xs, rows, columns, images);
      copyWindows(
        windows, p.windowStep, rows, columns,
        input + <usize>image * imageStep, plane, imageStep, <usize>x.inputs * 4, images, ins,
      );
      let from = gradient + <usize>image * outImageStep + <usize>(row * x.outputs) * 4;
      // 8 output channels at a time, or 16 in vectors of 256 bits
      for (let out = 0, sums = allSums; out < outs; ) {
        const blocks = wide && out + 8 < outs ? 2 : 1;
        for (let place = 0; place < images * area; place += p.panelPlaces) {
          const length = min(p.panelPlaces, images * area - place), at = offsets + <usize>place * 4;
          packGradient(panel, from, outPlane, outImageStep, area, place, length, min(8, outs - out));
          if (blocks === 1) {
            if (wide) gatherTilesOf8(sums, weights, padded, windows, at, panel, length);
            else gatherTiles(sums, weights, padded, windows, at, panel, length);
            continue;
          }
          packGradient(
            panel + panelBytes, from + 8 * outPlane, outPlane, outImageStep, area, place, length, min(8, outs - out - 8),
          );
          gatherTilesWide(sums, sumsStep, weights, padded, windows, at, panel, panelBytes, length);
        }
        out += 8 * blocks, sums += <usize>blocks * sumsStep, from += <usize>(8 * blocks) * outPlane;
      }
    }
  }

  const rowStep = <usize>(p.inChannels * taps) * 4;
  let to = p.output + <usize>((slice * p.groups + group) * p.outChannels + out0) * rowStep + <usize>(in0 * taps) * 4;
  for (let out = 0, sums = allSums; out < outs; out += 8, sums += sumsStep, to += 8 * rowStep) {
    const lanes = min(8, outs - out);
    for (let i = 0; i < count; i += 4) {
      const tile = sums + <usize>i * 32, at = to + <usize>i * 4;
      if (count - i >= 4) storeTile(at, rowStep, tile, lanes);
      else storePlaces(at, rowStep, tile, lanes, count - i);
    }
  }
}

/** The arguments of `convAddSlices`. */
@unmanaged
class SlicesArgs {
  slices: usize;
  count: i32;
  output: usize;
  /** Floats of a slice, and floats per task, a multiple of 4. */
  length: i32;
  block: i32;
}

/** Sums the gradients of the slices of the images in order; a task is a range of weights. */
export function convAddSlices(args: usize, task: i32, thread: i32): void {
  const p = changetype<SlicesArgs>(args);
  const first = task * p.block, end = min(p.length, first + p.block);
  const step = <usize>p.length * 4;
  for (let i = first; i < end; i++) {
    let from = p.slices + <usize>i * 4;
    let sum = load<f32>(from);
    for (let s = 1; s < p.count; s++) sum += load<f32>((from += step));
    store<f32>(p.output + <usize>i * 4, sum);
  }
}
