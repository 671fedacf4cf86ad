import { describe, shapeText } from '../../errors.js';
import type { Operand } from '../backend.js';
import { device } from '../device.js';
import type { Storage } from '../memory/storage.js';
import { stridesOf } from '../shape.js';
import { numberFormat } from './number-format.js';

/** PyTorch's limits for printing. */
const lineWidth = 80;
const largestInFull = 1000;
const edge = 3;

const prefix = 'tensor(';

/** The properties of a tensor that printing needs. */
export interface Printable extends Operand {
  readonly device: string;
  readonly released: boolean;
  readonly storage: Storage;
  readonly gradientSlot: { readonly requiresGrad: boolean } | null;
}

/** The values to print, nested like the tensor; null stands for omitted values. */
type Shown = number | null | readonly Shown[];

/**
 * Formats a tensor as text: its values as PyTorch prints them, its shape and dtype, its device if that is not the
 * current one, and `requiresGrad: true` if it requires a gradient. If the tensor has more than 1000 elements, only
 * three at each end of an axis are read and printed. If the values cannot be read synchronously, the text says how to
 * read them instead.
 */
export function print(t: Printable): string {
  const kind = `${shapeText(t.shape)} ${t.dtype}`;
  if (t.released) return `${prefix}freed, ${kind})`;
  const { backend } = t.storage;
  const place = !backend.readSync || t.device !== device() ? ` on ${t.device}` : '';
  const notes = [kind + place, ...(t.gradientSlot?.requiresGrad ? ['requiresGrad: true'] : [])];
  if (!backend.readSync) return `${prefix}${notes.join(', ')}, read it with await x.data())`;
  return withNotes(prefix + valuesText(t), notes);
}

/** What Node's `inspect` prints: the text of `print`, or a short description beyond the requested depth. */
export function inspected(t: Printable, depth: number): unknown {
  const text = depth < 0 ? `[${describe(t)}]` : print(t);
  // inspect indents the lines that an object prints, but not those of a plain string
  return { [inspectSymbol]: () => text };
}

/** The name of the method that Node's `inspect` calls. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

function valuesText(t: Printable): string {
  if (t.size === 0) return '[]';
  const { shown, numbers } = shownValues(t);
  return nestedText(shown, numberFormat(numbers, t.dtype), t.shape.length, prefix.length);
}

/** Reads the values to print: all values of a small tensor, only those near the ends of the axes of a large one. */
function shownValues(t: Printable): { shown: Shown; numbers: readonly number[] } {
  const { backend } = t.storage;
  const { shape, dtype } = t;
  const whole = t.size <= largestInFull;
  const numbers: number[] = [];
  const read = (offset: number, size: number): readonly number[] => {
    const part = { shape: [size], dtype, size, handle: backend.part(t, offset) };
    const values = Array.from(backend.readSync?.(part) ?? []);
    numbers.push(...values);
    return values;
  };
  const strides = stridesOf(shape);
  const visit = (axis: number, offset: number): Shown => {
    if (axis === shape.length) return read(offset, 1)[0];
    const length = shape[axis];
    const between = (start: number, end: number): readonly Shown[] => {
      if (axis === shape.length - 1) return read(offset + start, end - start);
      return Array.from({ length: end - start }, (_, i) => visit(axis + 1, offset + (start + i) * strides[axis]));
    };
    if (whole || length <= 2 * edge) return between(0, length);
    return [...between(0, edge), null, ...between(length - edge, length)];
  };
  return { shown: visit(0, 0), numbers };
}

function nestedText(shown: Shown, format: (value: number) => string, axes: number, indent: number): string {
  if (typeof shown === 'number') return format(shown);
  if (shown === null) return '...';
  const margin = ' '.repeat(indent + 1);
  if (axes > 1) {
    const inner = shown.map((each) => nestedText(each, format, axes - 1, indent + 1));
    return `[${inner.join(`,${'\n'.repeat(axes - 1)}${margin}`)}]`;
  }
  const words = shown.map((value) => (value === null ? ' ...' : format(value as number)));
  const perLine = Math.max(1, Math.floor((lineWidth - indent) / (words[0].length + 2)));
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += perLine) lines.push(words.slice(i, i + perLine).join(', '));
  return `[${lines.join(`,\n${margin}`)}]`;
}

/** Appends notes after the values, each on a new line if it does not fit on the last one. */
function withNotes(text: string, notes: readonly string[]): string {
  let out = text;
  for (const note of notes) {
    const lastLine = out.length - out.lastIndexOf('\n') + 1;
    out += lastLine + note.length + 2 > lineWidth ? `,\n${' '.repeat(prefix.length)}${note}` : `, ${note}`;
  }
  return `${out})`;
}
