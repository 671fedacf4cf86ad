import { expected, FileError, textOf, ValueError } from '../errors.js';
import { numel } from '../tensor/shape.js';
import { type FileDtype, fileDtypes } from './file-dtypes.js';
import type { StoredValues } from './file-values.js';

/** The dtypes of the safetensors format, by their names in files. */
const dtypesByName: Readonly<Record<string, FileDtype>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
  C64: 'complex64',
};

const namesByDtype: Readonly<Partial<Record<FileDtype, string>>> = Object.fromEntries(
  Object.entries(dtypesByName).map(([name, dtype]) => [dtype, name]),
);

/** A tensor as the header describes it; `start` and `end` are byte offsets in the file. */
export interface HeaderEntry extends StoredValues {
  readonly end: number;
}

/** The content of a file's header; entries are in the order of their data. */
export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Maximum size of a header in bytes, as in the reference implementation. */
const largestHeader = 100_000_000;

/** Maximum number of axes of a tensor, as in PyTorch. */
const maxAxes = 64;

/**
 * Returns the length of the header text in bytes, from the first 8 bytes of a file of `size` bytes.
 * @throws FileError for a length that is not allowed or a file that is too short.
 */
export function headerLength(file: string, first: Uint8Array, size: number): number {
  if (first.length < 8) throw new FileError(`${file}: expected at least 8 bytes, got ${size}; not a safetensors file`);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > largestHeader || length < 2) {
    throw new FileError(
      `${file}: expected a header of 2 to ${largestHeader} bytes, got ${length}; not a safetensors file`,
    );
  }
  if (8 + Number(length) > size) {
    throw new FileError(`${file}: expected ${8 + Number(length)} bytes of header, got ${size}; the file is cut short`);
  }
  return Number(length);
}

/**
 * Reads the header text of a file of `size` bytes and checks all of it: dtypes, shapes, offsets that cover the data
 * without gap or overlap, text metadata, no name twice.
 * @throws FileError with `file` in the message.
 */
export function parseHeader(file: string, bytes: Uint8Array, size: number): Header {
  const fail = (wanted: string, got: string): never => {
    throw new FileError(`${file}: expected ${wanted}, got ${got}`);
  };
  let text = '';
  let table: unknown;
  let twice: string | undefined;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    table = JSON.parse(text);
    twice = repeatedKey(text);
  } catch (error) {
    fail('a header of JSON in UTF-8', String(error));
  }
  if (!text.startsWith('{') || !isObject(table)) return fail('a header that is a JSON object', text.slice(0, 20));
  if (twice !== undefined) fail('every name once', `${textOf(twice)} twice`);

  const base = 8 + bytes.length;
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(table)) {
    if (!isObject(value)) return fail(`an object for ${textOf(name)}`, json(value));
    if (name === '__metadata__') {
      const odd = Object.entries(value).find(([, item]) => typeof item !== 'string');
      if (odd) fail(`text in __metadata__ for ${textOf(odd[0])}`, typeof odd[1]);
      metadata = value as Record<string, string>;
      continue;
    }
    const { dtype: typeName, shape, data_offsets: offsets } = value;
    if (typeof typeName !== 'string' || !Object.hasOwn(dtypesByName, typeName)) {
      return fail(`a dtype of ${Object.keys(dtypesByName).join(', ')} for ${textOf(name)}`, json(typeName));
    }
    const dtype = dtypesByName[typeName];
    if (!isShape(shape) || !isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
      return fail(`a shape and two data_offsets for ${textOf(name)}`, json({ shape, data_offsets: offsets }));
    }
    const wanted = numel(shape) * fileDtypes[dtype].bytes;
    if (offsets[1] - offsets[0] !== wanted) {
      fail(`${wanted} bytes for ${textOf(name)}, ${typeName} (${shape.join(', ')})`, `${offsets[1] - offsets[0]}`);
    }
    entries.push({ name, dtype, shape, start: base + offsets[0], end: base + offsets[1] });
  }

  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = base;
  for (const { name, start, end } of entries) {
    if (start !== at)
      fail(`the data of ${textOf(name)} at offset ${at - base}, without gap or overlap`, `${start - base}`);
    at = end;
  }
  if (at !== size) fail(`${at} bytes in the file`, `${size}; the file is ${size < at ? 'cut short' : 'damaged'}`);
  return { entries, metadata };
}

/**
 * Returns the header of a file: 8 bytes for the length and the JSON text, padded with spaces so that the data start at
 * a multiple of 8.
 * @throws ValueError, with `op` in the message, for a header that `parseHeader` would reject.
 */
export function headerBytes(
  op: string,
  tensors: readonly { readonly name: string; readonly dtype: FileDtype; readonly shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let at = 0;
  const table = tensors.map(({ name, dtype, shape }): [string, object] => {
    const start = at;
    at += numel(shape) * fileDtypes[dtype].bytes;
    return [name, { dtype: namesByDtype[dtype], shape, data_offsets: [start, at] }];
  });
  // fromEntries, because assigning to the name __proto__ would lose the entry.
  const head = Object.keys(metadata).length > 0 ? [['__metadata__', metadata] as [string, object]] : [];
  const text = headerText(op, Object.fromEntries([...head, ...table]));
  const length = Math.ceil(text.length / 8) * 8;
  if (length > largestHeader) throw tooLarge(op, `${length} bytes`);
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  try {
    parseHeader(op, bytes.subarray(8), bytes.length + at);
  } catch (error) {
    throw new ValueError(error instanceof FileError ? error.message : `${op}: ${error}`, { cause: error });
  }
  return bytes;
}

function headerText(op: string, table: object): Uint8Array {
  try {
    return new TextEncoder().encode(JSON.stringify(table));
  } catch (error) {
    // the text exceeds the longest string of the engine
    throw tooLarge(op, String(error));
  }
}

function tooLarge(op: string, got: string): ValueError {
  const wanted = `names, shapes and metadata of at most ${largestHeader} bytes as JSON`;
  return new ValueError(`${expected(op, wanted, got)}; save large data as tensors`);
}

/** A value of the header as text, for error messages. */
function json(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? 'none';
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch {
    return 'values nested too deeply';
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a shape of at most 64 axes, whose strides are exact integers too. */
function isShape(value: unknown): value is number[] {
  return isCounts(value) && value.length <= maxAxes && Number.isSafeInteger(numel(value.map((n) => n || 1)));
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** Returns a key that occurs twice in one object of valid JSON text, which JSON.parse would hide, or undefined. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === code.openBrace) open.push(new Set());
    else if (c === code.closeBrace) open.pop();
    else if (c === code.quote) {
      const start = i;
      i = endOfString(text, start);
      let after = i + 1;
      while (text.charCodeAt(after) <= code.space) after++;
      if (text.charCodeAt(after) !== code.colon) continue;
      const key: string = JSON.parse(text.slice(start, i + 1));
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

const code = { openBrace: 0x7b, closeBrace: 0x7d, quote: 0x22, backslash: 0x5c, space: 0x20, colon: 0x3a };

/** Index of the quote that ends the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let c = text.charCodeAt(at); c !== code.quote; c = text.charCodeAt(++at)) if (c === code.backslash) at++;
  return at;
}
