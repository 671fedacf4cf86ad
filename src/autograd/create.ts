import { type Dtype, dtypes } from '../dtype.js';
import { expected, ShapeError, shapeText, ValueError } from '../errors.js';
import type { Backend } from '../tensor/backend.js';
import { backendOf } from '../tensor/device.js';
import { expectNumber } from '../tensor/expect.js';
import { fromHost } from '../tensor/host.js';
import { flag, natural, naturals, oneOf, optional, text } from '../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../tensor/options.js';
import { empty as allocate } from '../tensor/run.js';
import { checkShape, numel } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { setRequiresGrad } from './graph.js';
import {
  checkRange,
  flatten,
  type HostArray,
  type NestedValues,
  naturalDtype,
  nestedShape,
  numbersOf,
} from './host-values.js';

export type { HostArray, NestedValues } from './host-values.js';

import { filled, numbered } from './ops/fill.js';

/** The dtype and device of a new tensor, and whether it requires a gradient. */
export interface CreateOptions {
  /** Default: float32, unless the function documents another one. */
  readonly dtype?: Dtype;
  /** Default: the current device. */
  readonly device?: string;
  /**
   * Make the tensor a leaf in which `backward` stores gradients.
   * @default false
   */
  readonly requiresGrad?: boolean;
}

/** The table of `CreateOptions`. */
export const createOptions: OptionTable<CreateOptions> = {
  dtype: optional(oneOf(dtypes)),
  device: optional(text()),
  requiresGrad: flag(false),
};

/** A shape, or the length of a single axis. */
export type ShapeLike = number | readonly number[];

/** Options of `tensor`. */
export interface TensorOptions extends CreateOptions {
  /** Shape of the tensor. Default: one axis for a flat array, the nesting of nested arrays. */
  readonly shape?: readonly number[];
}

const tensorOptions: OptionTable<TensorOptions> = { ...createOptions, shape: optional(naturals()) };
const counts = natural();

/**
 * Makes a tensor from a number, nested arrays or a typed array. Unless `dtype` is given, numbers become float32,
 * booleans bool, and typed arrays the dtype of their elements (uint8 and int32 stay, other integers become int32).
 * Numbers that become integers lose their fraction.
 * @throws ShapeError for ragged nesting or a shape of another size, ValueError for elements that are not numbers, and
 * for an integer dtype if a number is not finite or out of its range.
 * @example tensor([[1, 2], [3, 4]], { requiresGrad: true })
 * @example tensor(new Float32Array(12), { shape: [3, 4] })
 */
export function tensor(values: NestedValues | HostArray, options?: TensorOptions): Tensor {
  return fromValues(values, resolveOptions('tensor', tensorOptions, options));
}

/** `tensor` with options that have been checked. */
export function fromValues(values: NestedValues | HostArray, options: TensorOptions): Tensor {
  if (values instanceof DataView) throw new ValueError(expected('tensor', 'numbers', 'a DataView'));
  const array = ArrayBuffer.isView(values);
  const natural = array ? [values.length] : nestedShape(values);
  const flat = array ? numbersOf(values) : flatten(values, natural);
  const shape = checkShape('tensor', options.shape ?? natural);
  if (numel(shape) !== flat.length) {
    throw new ShapeError(expected('tensor', `${numel(shape)} values for ${shapeText(shape)}`, `${flat.length}`));
  }
  const dtype = options.dtype ?? naturalDtype(values);
  checkRange('tensor', flat, dtype);
  return leaf(fromHost('tensor', flat, shape, dtype, on(options)), options);
}

/**
 * Makes a tensor of zeros.
 * @throws ShapeError for an invalid shape.
 */
export function zeros(shape: ShapeLike, options?: CreateOptions): Tensor {
  return constant('zeros', shape, 0, resolveOptions('zeros', createOptions, options));
}

/**
 * Makes a tensor of ones.
 * @throws ShapeError for an invalid shape.
 */
export function ones(shape: ShapeLike, options?: CreateOptions): Tensor {
  return constant('ones', shape, 1, resolveOptions('ones', createOptions, options));
}

/**
 * Makes a tensor filled with one value. Default dtype: bool for a boolean, otherwise float32.
 * @throws ShapeError for an invalid shape, ValueError for a value that `dtype` cannot represent.
 */
export function full(shape: ShapeLike, value: number | boolean, options?: CreateOptions): Tensor {
  const given = resolveOptions('full', createOptions, options);
  if (typeof value !== 'boolean') expectNumber('full', 'a number or a boolean', value);
  const dtype = given.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  checkRange('full', [Number(value)], dtype);
  return constant('full', shape, Number(value), { ...given, dtype });
}

/**
 * Makes a tensor whose values are uninitialised.
 * @throws ShapeError for an invalid shape.
 */
export function empty(shape: ShapeLike, options?: CreateOptions): Tensor {
  const given = resolveOptions('empty', createOptions, options);
  return leaf(allocate('empty', shapeOf('empty', shape), given.dtype ?? 'float32', on(given)), given);
}

/**
 * Makes a tensor of the numbers 0, 1, ... below `end`; int32 if `end` is an integer, else float32.
 * @throws ValueError unless `end` is finite.
 */
export function arange(end: number, options?: CreateOptions): Tensor;
/**
 * Makes a tensor of the numbers start, start + 1, ... below `end`; int32 if both are integers, else float32.
 * @throws ValueError unless both are finite.
 */
export function arange(start: number, end: number, options?: CreateOptions): Tensor;
/**
 * Makes a tensor of the numbers start, start + step, ... below `end` (above it, for a negative step); int32 if all
 * three are integers, else float32.
 * @throws ValueError for a step of 0 and numbers that are not finite.
 */
export function arange(start: number, end: number, step: number, options?: CreateOptions): Tensor;
export function arange(...args: (number | CreateOptions | undefined)[]): Tensor {
  const given = args.filter((arg) => typeof arg === 'number');
  const options = args.find((arg) => typeof arg !== 'number');
  const { dtype: wanted, ...placement } = resolveOptions('arange', createOptions, options);
  const [start, end, step = 1] = given.length === 1 ? [0, given[0]] : given;
  const count = Math.max(0, Math.ceil((end - start) / step));
  if (step === 0 || !Number.isFinite(count)) {
    throw new ValueError(expected('arange', 'finite numbers and a step other than 0', `${given.join(', ')}`));
  }
  const natural = [start, end, step].every(Number.isInteger) ? 'int32' : 'float32';
  return leaf(
    numbered('arange', count, (i) => start + i * step, wanted ?? natural, on(placement)),
    placement,
  );
}

/**
 * Makes a tensor of `count` numbers evenly spaced from `start` to `end`, both included.
 * @throws ValueError unless start and end are numbers and count is an integer of at least 0.
 */
export function linspace(start: number, end: number, count: number, options?: CreateOptions): Tensor {
  const given = resolveOptions('linspace', createOptions, options);
  expectNumber('linspace', 'a number as start', start);
  expectNumber('linspace', 'a number as end', end);
  checkArgument('linspace', 'count', counts, count);
  // interpolates from both ends, so that the last number is exactly `end`
  const at = (i: number) => {
    const share = count === 1 ? 0 : i / (count - 1);
    return start * (1 - share) + end * share;
  };
  return leaf(numbered('linspace', count, at, given.dtype ?? 'float32', on(given)), given);
}

/** The most elements of a matrix that `eye` makes. */
const mostOfEye = 2 ** 31 - 1;

/**
 * Makes a matrix (rows, columns) with ones on its diagonal; square by default.
 * @throws ShapeError for lengths that are not integers of at least 0, ValueError for more than 2^31 - 1 elements.
 */
export function eye(rows: number, columns: number = rows, options?: CreateOptions): Tensor {
  const { dtype = 'float32', ...placement } = resolveOptions('eye', createOptions, options);
  const shape = checkShape('eye', [rows, columns]);
  if (rows * columns > mostOfEye) {
    throw new ValueError(expected('eye', `a matrix of at most ${mostOfEye} elements`, shapeText(shape)));
  }
  const values = new Uint8Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return fromValues(values, { ...placement, dtype, shape });
}

function constant(op: string, shape: ShapeLike, value: number, options: CreateOptions): Tensor {
  return leaf(filled(op, shapeOf(op, shape), value, options.dtype ?? 'float32', on(options)), options);
}

/**
 * Resolves a shape argument.
 * @throws ShapeError, with `op` in the message, for an invalid shape.
 */
export function shapeOf(op: string, shape: ShapeLike): readonly number[] {
  return checkShape(op, typeof shape === 'number' ? [shape] : shape);
}

/**
 * Returns the backend of the `device` option.
 * @throws DeviceError if the device is unknown or has not started.
 */
export function on({ device }: CreateOptions): Backend {
  return backendOf(device);
}

/** Returns `t`, with gradients switched on if the options ask for them. */
export function leaf(t: Tensor, { requiresGrad }: CreateOptions): Tensor {
  return requiresGrad ? setRequiresGrad(t, true) : t;
}
