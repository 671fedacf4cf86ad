import { storePlace, storeTileOf } from '../interleave';
import { gatherTiles, gatherTilesOf8, gatherTilesWide } from './conv-tile';
import {
  Axis, copyWindows, listPlaces, listTaps, measure, Part, partOf, Span, spanSize, Stretch, stretchOf, stretchSize,
} from './conv-window';
import { packLines } from '../matmul/pack';
import { wide } from '../variant';

/** The arguments of `convGather`; the axes y and x follow. Channels are those of one group; steps are in bytes. */
@unmanaged
class GatherArgs {
  input: usize;
  weights: usize;
  /** 0 if there is none. */
  bias: usize;
  output: usize;
  images: i32;
  groups: i32;
  inChannels: i32;
  outChannels: i32;
  /** Bytes of weights from one group, output channel or input channel to the next. */
  weightGroup: usize;
  weightOut: usize;
  weightIn: usize;
  /** The block of a task: images, or rows of outputs of one image, and output channels (a multiple of 8). */
  blockImages: i32;
  blockRows: i32;
  blockChannels: i32;
  /**
   * How many input channels have their windows, and how many of these have their weights, in scratch memory at a time.
   */
  windowChannels: i32;
  panelChannels: i32;
  /** Bytes from one channel's window to the next. */
  windowStep: usize;
  /**
   * The most outputs of a block, the same if the outputs of each pair of parts are rounded up to a multiple of 4, and
   * the most taps of a pair, and of all pairs.
   */
  outputs: i32;
  places: i32;
  mostTaps: i32;
  allTaps: i32;
  /** Scratch memory: where that of the first thread starts, and the size for each thread. */
  scratch: usize;
  scratchSize: usize;
}

/**
 * Copies the weights of 8 output channels into a panel [input channel][tap][8]; channels beyond `lanes` get values that
 * are not used.
 */
function packWeights(
  to: usize, from: usize, p: GatherArgs, y: Part, x: Part, kernel: i32, channels: i32, lanes: i32,
): void {
  const taps = y.taps * x.taps;
  const outStep = p.weightOut, inStep = p.weightIn;
  if (inStep === <usize>taps * 4 && y.tapStep === 1 && x.tapStep === 1) {
    return packLines(to, 16, 0, 32, from, outStep, 4, lanes, channels * taps);
  }
  if (taps === 1 && outStep === 4) {
    const place = <usize>(y.tap * kernel + x.tap) * 4;
    return packLines(to, 16, 0, 32, from + place, 4, inStep, lanes, channels);
  }
  const l1 = lanes > 1 ? outStep : 0, l2 = lanes > 2 ? l1 + outStep : l1, l3 = lanes > 3 ? l2 + outStep : l2;
  const l4 = lanes > 4 ? l3 + outStep : l3, l5 = lanes > 5 ? l4 + outStep : l4;
  const l6 = lanes > 6 ? l5 + outStep : l5, l7 = lanes > 7 ? l6 + outStep : l6;
  for (let c = 0; c < channels; c++, from += inStep) {
    for (let i = 0; i < y.taps; i++) {
      let w = from + <usize>((y.tap + i * y.tapStep) * kernel + x.tap) * 4;
      for (let j = 0; j < x.taps; j++, to += 32, w += <usize>x.tapStep * 4) {
        store<f32>(to, load<f32>(w));
        store<f32>(to, load<f32>(w + l1), 4);
        store<f32>(to, load<f32>(w + l2), 8);
        store<f32>(to, load<f32>(w + l3), 12);
        store<f32>(to, load<f32>(w + l4), 16);
        store<f32>(to, load<f32>(w + l5), 20);
        store<f32>(to, load<f32>(w + l6), 24);
        store<f32>(to, load<f32>(w + l7), 28);
      }
    }
  }
}

/** Fills sums[place][8] with the bias of 8 channels, or zeros. */
function startSums(sums: usize, places: i32, bias: usize): void {
  const x = bias ? v128.load(bias) : f32x4.splat(0);
  const y = bias ? v128.load(bias, 16) : f32x4.splat(0);
  for (const end = sums + <usize>places * 32; sums < end; sums += 32) {
    v128.store(sums, x);
    v128.store(sums, y, 16);
  }
}

/** Lists where the sums of the outputs of two parts are: `height` rows of each image, from row `row0` on. */
function listSums(
  to: usize, y: Part, x: Part, ys: Stretch, xs: Stretch, columns: i32, images: i32, row0: i32, height: i32, sum: i32,
): void {
  for (let n = 0; n < images; n++) {
    for (let i = ys.first; i < ys.end; i++) {
      let at = to + <usize>((n * height + y.start + i * y.stride - row0) * columns + x.start + xs.first * x.stride) * 4;
      for (let j = xs.first; j < xs.end; j++, at += <usize>x.stride * 4, sum += 32) store<i32>(at, sum);
    }
  }
}

/** Writes the finished sums of 8 channels: `count` outputs side by side, whose sums are at `sums` plus a list. */
function storeSums(to: usize, laneStep: usize, sums: usize, list: usize, count: i32, lanes: i32): void {
  for (; count >= 4; count -= 4, list += 16, to += 16) {
    const a = sums + load<usize>(list), b = sums + load<usize>(list, 4);
    storeTileOf(to, laneStep, a, b, sums + load<usize>(list, 8), sums + load<usize>(list, 12), lanes);
  }
  for (; count > 0; count--, list += 4, to += 4) storePlace(to, laneStep, sums + load<usize>(list), lanes);
}

/**
 * Computes a convolution or, with one part for each phase of a stride, the gradient with respect to its input, which
 * for each phase is a convolution of the gradient of the output. A task computes some output channels of a group for
 * some outputs. Loops, from the outermost: input channels by windows that fit the L2 cache, output channels by 8 or 16,
 * input channels by panels of weights that fit L1, pairs of parts of the two axes, outputs by 4 to 12. Sums stay in
 * scratch memory between panels.
 */
export function convGather(args: usize, task: i32, thread: i32): void {
  const p = changetype<GatherArgs>(args);
  const y = changetype<Axis>(args + offsetof<GatherArgs>());
  const x = changetype<Axis>(args + offsetof<GatherArgs>() + offsetof<Axis>());

  // the block of this task
  const channelBlocks = (p.outChannels + p.blockChannels - 1) / p.blockChannels;
  const rowBlocks = (y.outputs + p.blockRows - 1) / p.blockRows;
  const out0 = (task % channelBlocks) * p.blockChannels;
  let rest = task / channelBlocks;
  const group = rest % p.groups;
  rest /= p.groups;
  const row0 = (rest % rowBlocks) * p.blockRows;
  const image0 = (rest / rowBlocks) * p.blockImages;
  const outs = min(p.blockChannels, p.outChannels - out0);
  const images = min(p.blockImages, p.images - image0);
  const height = min(p.blockRows, y.outputs - row0);

  // scratch memory
  const rows = changetype<Span>(p.scratch + <usize>thread * p.scratchSize);
  const columns = changetype<Span>(changetype<usize>(rows) + spanSize);
  const allY = changetype<usize>(rows) + 64, allX = allY + stretchSize * <usize>y.partCount;
  const list = allX + stretchSize * <usize>x.partCount;
  const allPlaces = list + <usize>p.outputs * 4;
  const allOffsets = allPlaces + <usize>p.places * 4;
  const panel = (allOffsets + <usize>(p.panelChannels * p.allTaps) * 4 + 63) & ~63;
  const panelBytes = <usize>(p.panelChannels * p.mostTaps) * 32;
  const windows = panel + 2 * panelBytes;
  const allSums = windows + p.windowStep * <usize>p.windowChannels;

  const plane = <usize>(y.inputs * x.inputs) * 4, outPlane = <usize>(y.outputs * x.outputs) * 4;
  const imageStep = plane * <usize>(p.inChannels * p.groups), outImageStep = outPlane * <usize>(p.outChannels * p.groups);
  const input = p.input + <usize>image0 * imageStep + <usize>(group * p.inChannels) * plane;
  const output = p.output + <usize>image0 * outImageStep + <usize>(group * p.outChannels + out0) * outPlane
    + <usize>(row0 * x.outputs) * 4;
  const weights = p.weights + <usize>group * p.weightGroup + <usize>out0 * p.weightOut;
  const bias = p.bias ? p.bias + <usize>(group * p.outChannels + out0) * 4 : 0;

  // the outputs of each part, and lists for each pair of parts
  measure(rows, y, row0, row0 + height);
  measure(columns, x, 0, x.outputs);
  for (let i = 0, at = allY; i < y.partCount; i++, at += stretchSize) {
    stretchOf(changetype<Stretch>(at), partOf(y, i), y, rows, row0, row0 + height);
  }
  for (let i = 0, at = allX; i < x.partCount; i++, at += stretchSize) {
    stretchOf(changetype<Stretch>(at), partOf(x, i), x, columns, 0, x.outputs);
  }
  let total = 0, offsets = allOffsets;
  for (let i = 0; i < y.partCount; i++) {
    const yPart = partOf(y, i), ys = changetype<Stretch>(allY + <usize>i * stretchSize);
    for (let j = 0; j < x.partCount; j++) {
      const xPart = partOf(x, j), xs = changetype<Stretch>(allX + <usize>j * stretchSize);
      const count = images * (ys.end - ys.first) * (xs.end - xs.first), padded = (count + 3) & ~3;
      const taps = yPart.taps * xPart.taps, places = allPlaces + <usize>total * 4;
      listPlaces(places, y, x, ys, xs, rows, columns, images);
      for (let k = count; k < padded; k++) store<i32>(places + <usize>k * 4, 0);
      listSums(list, yPart, xPart, ys, xs, x.outputs, images, row0, height, total * 32);
      listTaps(offsets, yPart, xPart, columns.pitch);
      for (let k = taps; k < p.panelChannels * taps; k++) {
        const before = offsets + <usize>(k - taps) * 4;
        store<usize>(before + <usize>taps * 4, load<usize>(before) + p.windowStep);
      }
      total += padded;
      offsets += <usize>(p.panelChannels * taps) * 4;
    }
  }

  // Keeps sums of all channels of the block if the windows do not include all input channels, else of 8 or 16 channels
  // at a time.
  const sumsNext = <usize>p.places * 32;
  const sumsStep = p.windowChannels < p.inChannels ? sumsNext : 0;
  const inChannels = p.allTaps > 0 ? p.inChannels : 0;
  for (let in0 = 0; in0 === 0 || in0 < inChannels; in0 += p.windowChannels) {
    const ins = min(p.windowChannels, inChannels - in0);
    copyWindows(
      windows, p.windowStep, rows, columns, input + <usize>in0 * plane, plane, imageStep, <usize>x.inputs * 4, images, ins,
    );
    const isLast = in0 + p.windowChannels >= inChannels;
    let sums = allSums;
    for (let out = 0; out < outs; ) {
      // 8 output channels at a time, or 16 in vectors of 256 bits
      const blocks = wide && out + 8 < outs ? 2 : 1;
      for (let block = 0; block < blocks && in0 === 0; block++) {
        startSums(sums + <usize>block * sumsNext, total, bias ? bias + <usize>(out + 8 * block) * 4 : 0);
      }
      for (let part = 0; part < ins; part += p.panelChannels) {
        const channels = min(p.panelChannels, ins - part);
        const from = weights + <usize>out * p.weightOut + <usize>(in0 + part) * p.weightIn;
        const base = windows + <usize>part * p.windowStep;
        let to = sums, places = allPlaces, offsets = allOffsets;
        for (let i = 0; i < y.partCount; i++) {
          const yPart = partOf(y, i), ys = changetype<Stretch>(allY + <usize>i * stretchSize);
          for (let j = 0; j < x.partCount; j++) {
            const xPart = partOf(x, j), xs = changetype<Stretch>(allX + <usize>j * stretchSize);
            const padded = (images * (ys.end - ys.first) * (xs.end - xs.first) + 3) & ~3;
            const taps = yPart.taps * xPart.taps, length = channels * taps;
            if (padded > 0 && length > 0) {
              packWeights(panel, from, p, yPart, xPart, x.kernel, channels, min(8, outs - out));
              if (blocks === 2) {
                const more = from + 8 * p.weightOut;
                packWeights(panel + panelBytes, more, p, yPart, xPart, x.kernel, channels, min(8, outs - out - 8));
                gatherTilesWide(to, sumsNext, places, padded, base, offsets, panel, panelBytes, length);
              } else if (wide) {
                gatherTilesOf8(to, places, padded, base, offsets, panel, length);
              } else {
                gatherTiles(to, places, padded, base, offsets, panel, length);
              }
            }
            to += <usize>padded * 32;
            places += <usize>padded * 4;
            offsets += <usize>(p.panelChannels * taps) * 4;
          }
        }
      }
      for (let block = 0; block < blocks; block++, out += 8) {
        const count = height * x.outputs, at = sums + <usize>block * sumsNext;
        let to = output + <usize>out * outPlane, sources = list;
        for (let n = 0; n < images && isLast; n++, to += outImageStep, sources += <usize>count * 4) {
          storeSums(to, outPlane, at, sources, count, min(8, outs - out));
        }
      }
      sums += <usize>blocks * sumsStep;
    }
  }
}
