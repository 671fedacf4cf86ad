import { storePlace, storeTile } from '../interleave';
import { gatherTiles, gatherTilesOf8, gatherTilesWide } from './conv-tile';
import { Axis, copyWindows, listOutputs, listPlaces, listTaps, measure, Span, spanSize } from './conv-window';
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
  /** The part of a task: images, or rows of outputs of one image, and output channels (a multiple of 8). */
  blockImages: i32;
  blockRows: i32;
  blockChannels: i32;
  /**
   * How many input channels have their windows, and how many of these have their weights, in scratch memory at a time.
   */
  windowChannels: i32;
  panelChannels: i32;
  /** Bytes from one channel's window to the next, and outputs in a block, rounded up to a multiple of 4. */
  windowStep: usize;
  places: i32;
  /** Scratch memory: where that of the first thread starts, and the size for each thread. */
  scratch: usize;
  scratchSize: usize;
}

/**
 * Copies the weights of 8 output channels into a panel [input channel][tap][8]; channels beyond `lanes` get values that
 * are not used.
 */
function packWeights(to: usize, from: usize, p: GatherArgs, y: Axis, x: Axis, channels: i32, lanes: i32): void {
  const taps = y.taps * x.taps;
  const outStep = p.weightOut, inStep = p.weightIn;
  if (inStep === <usize>taps * 4 && y.tapStep === 1 && x.tapStep === 1) {
    return packLines(to, 16, 0, 32, from, outStep, 4, lanes, channels * taps);
  }
  if (taps === 1 && outStep === 4) {
    const place = <usize>(y.tap * x.kernel + x.tap) * 4;
    return packLines(to, 16, 0, 32, from + place, 4, inStep, lanes, channels);
  }
  const l1 = lanes > 1 ? outStep : 0, l2 = lanes > 2 ? l1 + outStep : l1, l3 = lanes > 3 ? l2 + outStep : l2;
  const l4 = lanes > 4 ? l3 + outStep : l3, l5 = lanes > 5 ? l4 + outStep : l4;
  const l6 = lanes > 6 ? l5 + outStep : l5, l7 = lanes > 7 ? l6 + outStep : l6;
  for (let c = 0; c < channels; c++, from += inStep) {
    for (let i = 0; i < y.taps; i++) {
      let w = from + <usize>((y.tap + i * y.tapStep) * x.kernel + x.tap) * 4;
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

/** Writes the finished sums of 8 channels, four neighbouring outputs at once where possible. */
function storeSums(to: usize, laneStep: usize, sums: usize, outputs: usize, count: i32, lanes: i32): void {
  for (let i = 0; i < count; i += 4, sums += 128, outputs += 16) {
    const at = load<usize>(outputs);
    if (i + 4 <= count && load<usize>(outputs, 12) - at === 12) {
      storeTile(to + at, laneStep, sums, lanes);
    } else {
      for (let j: usize = 0; j < <usize>min(4, count - i); j++) {
        storePlace(to + load<usize>(outputs + j * 4), laneStep, sums + j * 32, lanes);
      }
    }
  }
}

/**
 * Computes a convolution or, for stride s, the gradient with respect to its input at the pixels of one of s * s phases,
 * which is a convolution of the gradient of the output. A task computes some output channels of a group for some
 * outputs. Loops, from the outermost: input channels by windows that fit the L2 cache, output channels by 8, input
 * channels by panels of weights that fit L1, outputs by 4. Sums stay in scratch memory between panels.
 */
export function convGather(args: usize, task: i32, thread: i32): void {
  const p = changetype<GatherArgs>(args);
  const y = changetype<Axis>(args + offsetof<GatherArgs>());
  const x = changetype<Axis>(args + offsetof<GatherArgs>() + offsetof<Axis>());
  const taps = y.taps * x.taps;

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
  const count = images * height * x.outputs;
  const padded = (count + 3) & ~3;

  // scratch memory
  const rows = changetype<Span>(p.scratch + <usize>thread * p.scratchSize);
  const columns = changetype<Span>(changetype<usize>(rows) + spanSize);
  const places = changetype<usize>(rows) + 64;
  const outputs = places + <usize>p.places * 4;
  const offsets = outputs + <usize>p.places * 4;
  const panel = offsets + ((<usize>(p.panelChannels * taps) * 4 + 63) & ~63);
  const panelBytes = <usize>(p.panelChannels * taps) * 32;
  const windows = panel + 2 * panelBytes;
  const allSums = windows + p.windowStep * <usize>p.windowChannels;

  const plane = <usize>(y.inputs * x.inputs) * 4, outPlane = <usize>(y.length * x.length) * 4;
  const imageStep = plane * <usize>(p.inChannels * p.groups), outImageStep = outPlane * <usize>(p.outChannels * p.groups);
  const input = p.input + <usize>image0 * imageStep + <usize>(group * p.inChannels) * plane;
  const output = p.output + <usize>image0 * outImageStep + <usize>(group * p.outChannels + out0) * outPlane;
  const weights = p.weights + <usize>group * p.weightGroup + <usize>out0 * p.weightOut;
  const bias = p.bias ? p.bias + <usize>(group * p.outChannels + out0) * 4 : 0;

  listOutputs(outputs, y, x, outImageStep, images, row0, height);
  if (taps > 0) {
    measure(rows, y, row0, row0 + height);
    measure(columns, x, 0, x.outputs);
    listPlaces(places, y, x, rows, columns, images, height);
    for (let i = count; i < padded; i++) store<i32>(places + <usize>i * 4, 0);
    listTaps(offsets, y, x, columns.pitch);
    for (let i = taps; i < p.panelChannels * taps; i++) {
      const before = offsets + <usize>(i - taps) * 4;
      store<usize>(before + <usize>taps * 4, load<usize>(before) + p.windowStep);
    }
  }

  // Keeps sums of all channels of the block if the windows do not include all input channels, else of 8 or 16 channels
  // at a time.
  const sumsNext = <usize>p.places * 32;
  const sumsStep = p.windowChannels < p.inChannels ? sumsNext : 0;
  const inChannels = taps > 0 ? p.inChannels : 0;
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
        startSums(sums + <usize>block * sumsNext, padded, bias ? bias + <usize>(out + 8 * block) * 4 : 0);
      }
      for (let part = 0; part < ins; part += p.panelChannels) {
        const channels = min(p.panelChannels, ins - part), length = channels * taps;
        let from = weights + <usize>out * p.weightOut + <usize>(in0 + part) * p.weightIn;
        const base = windows + <usize>part * p.windowStep;
        packWeights(panel, from, p, y, x, channels, min(8, outs - out));
        if (blocks === 1) {
          if (wide) gatherTilesOf8(sums, places, padded, base, offsets, panel, length);
          else gatherTiles(sums, places, padded, base, offsets, panel, length);
          continue;
        }
        from += 8 * p.weightOut;
        packWeights(panel + panelBytes, from, p, y, x, channels, min(8, outs - out - 8));
        gatherTilesWide(sums, sumsNext, places, padded, base, offsets, panel, panelBytes, length);
      }
      for (let block = 0; block < blocks; block++, out += 8) {
        const at = sums + <usize>block * sumsNext;
        if (isLast) storeSums(output + <usize>out * outPlane, outPlane, at, outputs, count, min(8, outs - out));
      }
      sums += <usize>blocks * sumsStep;
    }
  }
}
