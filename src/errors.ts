/**
 * Base class of every error that antinode throws deliberately.
 * @example try { ... } catch (e) { if (e instanceof AntinodeError) ... }
 */
export class AntinodeError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

/** Shapes that do not fit the operation. The message names the operation, what it expected and what it got. */
export class ShapeError extends AntinodeError {}

/** A dtype that the operation does not accept. */
export class DtypeError extends AntinodeError {}

/** An option, index or argument that the operation does not accept. */
export class ValueError extends AntinodeError {}

/** A tensor whose memory has already been freed; the message names the operation that made it. */
export class ReleasedError extends AntinodeError {}

/** A device that is unknown, not available, or unable to do what was asked (such as a synchronous read). */
export class DeviceError extends AntinodeError {}

/** The device has no memory left for the allocation; the message suggests a remedy. */
export class OutOfMemoryError extends AntinodeError {}

/** A formula that cannot be parsed or uses an unknown name. */
export class FormulaError extends AntinodeError {}

/** A file that is missing, damaged or not writable; the message names the path. */
export class FileError extends AntinodeError {}

/**
 * Formats an error message as `op: expected ..., got ...`.
 * @example expected('conv2d', 'input (B, C, H, W)', '(3, 32, 32)')
 */
export function expected(op: string, wanted: string, got: string): string {
  return `${op}: expected ${wanted}, got ${got}`;
}

/** A shape as text: `(2, 3)`, `()` for a scalar, `(4)` for one axis. */
export function shapeText(shape: readonly number[]): string {
  return `(${shape.join(', ')})`;
}

/** The properties of a tensor that `describe` reads. */
export interface Described {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly device: string;
  readonly released: boolean;
}

/** Describes a tensor in one short line without its values, for messages: `Tensor(2, 3) float32 on cpu`. */
export function describe(t: Described): string {
  return `Tensor${shapeText(t.shape)} ${t.dtype} on ${t.device}${t.released ? ', freed' : ''}`;
}

/** The most characters and list items of a value that messages show. */
const mostCharacters = 200;
const mostItems = 20;

/** Formats any value for error messages: strings in quotes, tensors without their values, long values cut. */
export function textOf(value: unknown): string {
  const text = plainText(value, 3);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

function plainText(value: unknown, depth: number): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return value.name ? `the function ${value.name}` : 'a function';
  if (Array.isArray(value)) {
    if (depth === 0) return '[…]';
    const items = value.slice(0, mostItems).map((item) => plainText(item, depth - 1));
    return `[${[...items, ...(value.length > mostItems ? ['…'] : [])].join(', ')}]`;
  }
  try {
    if (isDescribed(value)) return describe(value);
    const text = String(value);
    return text === '[object Object]' ? 'an object' : text;
  } catch {
    return 'an object';
  }
}

function isDescribed(value: unknown): value is Described {
  return typeof value === 'object' && value !== null && 'shape' in value && 'dtype' in value && 'device' in value;
}
