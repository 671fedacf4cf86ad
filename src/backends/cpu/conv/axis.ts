import type { Conv2dGeometry } from '../../../tensor/backend.js';

/** One axis of a convolution, as in kernels/conv/conv-window.ts. */
export interface Axis {
  /** Lengths of the output, the input and the kernel. */
  readonly outputs: number;
  readonly inputs: number;
  readonly kernel: number;
  /** Places of the input from one output of a part to the next. */
  readonly step: number;
  /** Contain each output once. */
  readonly parts: readonly Part[];
}

/**
 * Outputs that share their taps: output i of the part is at start + i * stride of the axis, and its tap q, which is at
 * tap + q * tapStep of the kernel, reads input i * step + offset + q * offsetStep.
 */
export interface Part {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
  readonly taps: number;
  readonly tap: number;
  readonly tapStep: number;
  readonly offset: number;
  readonly offsetStep: number;
}

/** Sizes of a convolution along one axis. */
interface Sizes {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
}

/** Sizes of a convolution along y and x. */
export function sizesOf(g: Conv2dGeometry): [Sizes, Sizes] {
  return [
    {
      ...{ input: g.inHeight, output: g.outHeight, kernel: g.kernelHeight },
      ...{ stride: g.strideY, pad: g.padY, dilation: g.dilationY },
    },
    {
      ...{ input: g.inWidth, output: g.outWidth, kernel: g.kernelWidth },
      ...{ stride: g.strideX, pad: g.padX, dilation: g.dilationX },
    },
  ];
}

/** The axis of the forward pass of a convolution: one part. */
export function forwardAxis({ input, output, kernel, stride, pad, dilation }: Sizes): Axis {
  const taps = { taps: kernel, tap: 0, tapStep: 1, offset: -pad, offsetStep: dilation };
  const parts = [{ start: 0, stride: 1, count: output, ...taps }];
  return { outputs: output, inputs: input, kernel, step: stride, parts };
}

/**
 * The axis of the gradient of a convolution with respect to its input: one part for each phase of the stride. Input y
 * receives gradients from outputs (y + pad - k * dilation) / stride, for the taps k that make this an integer. These
 * taps are the same for all y of a phase (y = phase + i * stride), and the taps and their outputs are arithmetic
 * sequences.
 */
export function backwardAxis({ input, output, kernel, stride, pad, dilation }: Sizes): Axis {
  const parts = Array.from({ length: Math.min(stride, input) }, (_, phase) => {
    const hits = Array.from({ length: kernel }, (_, k) => k).filter((k) => (phase + pad - k * dilation) % stride === 0);
    const [tap = 0, next = tap + stride] = hits;
    return {
      ...{ start: phase, stride, count: Math.ceil((input - phase) / stride) },
      ...{ taps: hits.length, tap, tapStep: next - tap },
      ...{ offset: (phase + pad - tap * dilation) / stride, offsetStep: (-(next - tap) * dilation) / stride },
    };
  });
  return { outputs: input, inputs: output, kernel, step: 1, parts };
}

/** The argument words that kernels expect for an axis whose parts are at a pointer. */
export function axisWords(a: Axis, parts: number): number[] {
  return [a.outputs, a.inputs, a.kernel, a.step, parts, a.parts.length];
}

/** The words of the parts of an axis. */
export function partWords({ parts }: Axis): number[] {
  return parts.flatMap((p) => [p.start, p.stride, p.count, p.taps, p.tap, p.tapStep, p.offset, p.offsetStep]);
}

/** The outputs of a part from `first` up to but not including `end` of the axis: their range. */
export function range({ start, stride, count }: Part, first: number, end: number): [number, number] {
  const from = (place: number) => Math.min(count, Math.max(0, Math.ceil((place - start) / stride)));
  return [from(first), Math.max(from(first), from(end))];
}

/** The places that a window needs along an axis, and the places from one image (row) to the next. */
interface Span {
  readonly places: number;
  readonly pitch: number;
}

/** The span of the outputs from `first` up to but not including `end`, as kernels measure it. */
function measure({ parts, step, inputs }: Axis, first: number, end: number): Span {
  const used = parts.flatMap((p) => {
    const [from, to] = range(p, first, end);
    if (p.taps === 0 || from === to) return [];
    const reach = (p.taps - 1) * p.offsetStep;
    return [from * step + p.offset + Math.min(0, reach), (to - 1) * step + p.offset + Math.max(0, reach) + 1];
  });
  if (used.length === 0) return { places: 0, pitch: 0 };
  const [origin, after] = [Math.min(...used), Math.max(...used)];
  const from = Math.min(Math.max(origin, 0), inputs);
  const count = Math.max(0, Math.min(after, inputs) - from);
  const pitch = count > 0 ? count + Math.max(from - origin, after - from - count) : after - origin;
  return { places: after - origin, pitch };
}

/** The largest span of any of the blocks of `length` outputs into which an axis is divided. */
export function largestSpan(axis: Axis, length: number): Span {
  let [places, pitch] = [0, 0];
  for (let first = 0; first < axis.outputs; first += length) {
    const span = measure(axis, first, Math.min(first + length, axis.outputs));
    places = Math.max(places, span.places);
    pitch = Math.max(pitch, span.pitch);
  }
  return { places, pitch };
}
