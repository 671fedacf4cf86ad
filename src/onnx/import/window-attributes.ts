import { textOf } from '../../errors.js';
import type { NodeReader } from './node-reader.js';

/** How windows are placed, from the attributes of a convolution or pooling. */
export interface WindowAttributes {
  readonly strides: readonly number[] | null;
  readonly dilations: readonly number[] | null;
  /** Widths before all axes, then after all axes; or how to choose them. */
  readonly pads: readonly number[] | 'SAME_UPPER' | 'SAME_LOWER';
  readonly ceilMode: boolean;
}

/** The windows along one axis. */
export interface Window {
  readonly length: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after, as much as the last window needs. */
  readonly before: number;
  readonly after: number;
  readonly count: number;
  /** Length with the padding of the attributes. */
  readonly counted: number;
}

/** Reads the attributes that place windows. */
export function windowAttributes(node: NodeReader): WindowAttributes {
  const auto = node.choice('auto_pad', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const given = node.counts('pads', 0);
  const isPool = node.op !== 'Conv';
  const strides = node.counts('strides', 1);
  const dilations = node.counts('dilations', 1);
  if (isPool && dilations?.some((n) => n !== 1)) node.fail('dilations of 1', `${dilations}`);
  const ceilMode = isPool && node.flag('ceil_mode', false);
  const axes = strides?.length ?? dilations?.length ?? (given ? given.length / 2 : 0);
  const isEven = (dilations?.length ?? axes) === axes && (given?.length ?? 2 * axes) === 2 * axes;
  if (!isEven) node.fail('strides, dilations and pads of as many axes', textOf([strides, dilations, given]));
  return { strides, dilations, pads: auto === 'NOTSET' ? (given ?? []) : auto === 'VALID' ? [] : auto, ceilMode };
}

/** The windows along axes of the given lengths. */
export function windowsAlong(
  lengths: readonly number[],
  { strides, dilations, pads, ceilMode }: WindowAttributes,
  kernel: readonly number[],
): Window[] {
  return lengths.map((length, axis) => {
    const stride = strides?.[axis] ?? 1;
    const dilation = dilations?.[axis] ?? 1;
    const reach = dilation * (kernel[axis] - 1) + 1;
    let [before, after] = [0, 0];
    if (typeof pads === 'string') {
      const missing = Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
      before = pads === 'SAME_UPPER' ? Math.floor(missing / 2) : Math.ceil(missing / 2);
      after = missing - before;
    } else {
      before = pads[axis] ?? 0;
      after = pads[lengths.length + axis] ?? 0;
    }
    const steps = (length + before + after - reach) / stride;
    const most = Math.ceil(steps);
    // a window that begins behind the input would see nothing but padding
    const count = (ceilMode && most * stride < length + before ? most : Math.floor(steps)) + 1;
    const counted = length + before + after;
    const needed = (count - 1) * stride + reach - length - before;
    const end = Math.max(0, ceilMode ? needed : after);
    return { length, kernel: kernel[axis], stride, dilation, before, after: end, count, counted };
  });
}
