import type { Conv2dGeometry } from '../../../tensor/backend.js';

/**
 * One axis of a convolution, as in kernels/conv-window.ts: for tap q, output i reads input i * step + offset + q *
 * offsetStep.
 */
export interface Axis {
  readonly outputs: number;
  /** Output i is at position start + i * stride of the output axis, which has size `length`. */
  readonly start: number;
  readonly stride: number;
  readonly length: number;
  readonly inputs: number;
  readonly step: number;
  /** Tap q is at position tap + q * tapStep of the kernel axis, which has size `kernel`. */
  readonly taps: number;
  readonly tap: number;
  readonly tapStep: number;
  readonly kernel: number;
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

/** The axis of the forward pass of a convolution. */
export function forwardAxis({ input, output, kernel, stride, pad, dilation }: Sizes): Axis {
  return {
    ...{ outputs: output, start: 0, stride: 1, length: output, inputs: input, step: stride },
    ...{ taps: kernel, tap: 0, tapStep: 1, kernel, offset: -pad, offsetStep: dilation },
  };
}

/**
 * The axes of the gradient of a convolution with respect to its input, one for each phase of the stride. Input y
 * receives gradients from outputs (y + pad - k * dilation) / stride, for the taps k that make this an integer. These
 * taps are the same for all y of a phase (y = phase + i * stride), and the taps and their outputs are arithmetic
 * sequences.
 */
export function backwardAxes({ input, output, kernel, stride, pad, dilation }: Sizes): Axis[] {
  return Array.from({ length: Math.min(stride, input) }, (_, phase) => {
    const hits = Array.from({ length: kernel }, (_, k) => k).filter((k) => (phase + pad - k * dilation) % stride === 0);
    const [tap = 0, next = tap + 1] = hits;
    const outputs = Math.ceil((input - phase) / stride);
    return {
      ...{ outputs, start: phase, stride, length: input, inputs: output, step: 1 },
      ...{ taps: hits.length, tap, tapStep: next - tap, kernel },
      ...{ offset: (phase + pad - tap * dilation) / stride, offsetStep: (-(next - tap) * dilation) / stride },
    };
  });
}

/** The argument words that kernels expect for an axis. */
export function axisWords(a: Axis): number[] {
  const places = [a.outputs, a.start, a.stride, a.length, a.inputs, a.step];
  return [...places, a.taps, a.tap, a.tapStep, a.kernel, a.offset, a.offsetStep];
}

/**
 * The most places that a window needs along an axis for `outputs` neighbouring outputs, and the places from one image
 * to the next if the window contains all outputs.
 */
export function windowLength(a: Axis, outputs: number): { places: number; pitch: number } {
  const reach = (a.taps - 1) * a.offsetStep;
  const places = (outputs - 1) * a.step + Math.abs(reach) + 1;
  if (outputs < a.outputs) return { places, pitch: places };
  const origin = a.offset + Math.min(0, reach);
  const from = Math.min(Math.max(origin, 0), a.inputs);
  const count = Math.max(0, Math.min(origin + places, a.inputs) - from);
  const pitch = count > 0 ? count + Math.max(from - origin, origin + places - from - count) : places;
  return { places, pitch };
}
