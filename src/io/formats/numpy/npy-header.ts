import { expected, FileError, textOf } from '../../../errors.js';
import { numel } from '../../../tensor/shape.js';
import { type FileDtype, fileDtypes } from '../../file-dtypes.js';

/** What the header of a .npy file says. */
export interface NpyHeader {
  readonly dtype: FileDtype;
  readonly bigEndian: boolean;
  /** True if the first axis counts fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Byte offset of the data. */
  readonly start: number;
}

/** The codes of NumPy: kind and size in bytes. */
const codes: Readonly<Partial<Record<FileDtype, string>>> = {
  float64: 'f8',
  float32: 'f4',
  float16: 'f2',
  int64: 'i8',
  int32: 'i4',
  int16: 'i2',
  int8: 'i1',
  uint64: 'u8',
  uint32: 'u4',
  uint16: 'u2',
  uint8: 'u1',
  bool: 'b1',
  complex64: 'c8',
  complex128: 'c16',
};

const dtypesByCode = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as FileDtype]));

/** The bytes that every .npy file begins with: \x93NUMPY. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Maximum number of axes of a tensor, as in PyTorch. */
const maxAxes = 64;

/** Maximum size of a header; those of plain arrays are much shorter. */
const largestHeader = 65_535;

/** True if bytes begin like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/**
 * The size of the header in bytes, from the first 12 bytes of a file.
 * @throws FileError, with `file` in the message, for another kind of file.
 */
export function npyHeaderLength(file: string, first: Uint8Array): number {
  const [major, minor] = first.subarray(6);
  if (!isNpy(first) || !(major >= 1 && major <= 3) || minor !== 0 || first.length < 12) {
    throw new FileError(expected(file, 'a .npy file of version 1.0 to 3.0', `${first.length} bytes of something else`));
  }
  const view = new DataView(first.buffer, first.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > largestHeader) {
    throw new FileError(expected(file, `a header of at most ${largestHeader} bytes`, `${length}`));
  }
  return (major === 1 ? 10 : 12) + length;
}

/** An entry of the dictionary in Python's syntax: a string, True or False, or a tuple of integers. */
const item = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"\\]*)\3|(True|False)|\(([\dL,\s]*)\))\s*(?:,|(?=\}))/y;

/**
 * Reads the header of a .npy file with `size` bytes in all.
 * @throws FileError, with `file` in the message, for anything but a plain array of numbers that fills the file.
 */
export function parseNpyHeader(file: string, header: Uint8Array, size: number): NpyHeader {
  const start = npyHeaderLength(file, header);
  if (header.length < start) throw new FileError(expected(file, `${start} bytes`, `${size}; the file is cut short`));
  const text = new TextDecoder().decode(header.subarray(header[6] === 1 ? 10 : 12, start));
  const fields = new Map<string, RegExpExecArray>();
  let at = text.startsWith('{') ? 1 : text.length;
  for (item.lastIndex = at; ; at = item.lastIndex) {
    const found = item.exec(text);
    if (!found || fields.has(found[2])) break;
    fields.set(found[2], found);
  }
  const descr = fields.get('descr')?.[4];
  const order = fields.get('fortran_order')?.[5];
  const shape = shapeOf(fields.get('shape')?.[6]);
  const isWhole = fields.size === 3 && /^\s*\}\s*$/.test(text.slice(at));
  if (!isWhole || descr === undefined || order === undefined || shape === undefined) {
    throw new FileError(
      expected(file, "a header with 'descr', 'fortran_order' and 'shape' of a plain array", textOf(text.trim())),
    );
  }
  const [, byteOrder, code] = /^([<>|])(\w+)$/.exec(descr) ?? [];
  const dtype = dtypesByCode.get(code);
  if (dtype === undefined || (byteOrder === '|') !== (fileDtypes[dtype].bytes === 1)) {
    throw new FileError(expected(file, `numbers or flags (${[...dtypesByCode.keys()].join(', ')})`, textOf(descr)));
  }
  const end = start + numel(shape) * fileDtypes[dtype].bytes;
  if (end !== size) {
    throw new FileError(
      expected(file, `${end} bytes for ${dtype} (${shape.join(', ')})`, `${size}; the file is damaged`),
    );
  }
  return { dtype, bigEndian: byteOrder === '>', fortranOrder: order === 'True', shape, start };
}

/** The numbers of a tuple like `3, 4` or `3,`; Python 2 wrote `3L`. */
function shapeOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(',').map((part) => part.trim());
  if (parts[parts.length - 1] === '') parts.pop();
  // (3) is a number and not a tuple
  if (parts.length === 1 && !text.includes(',')) return undefined;
  if (parts.length > maxAxes || !parts.every((part) => /^\d{1,16}L?$/.test(part))) return undefined;
  const shape = parts.map((part) => Number.parseInt(part, 10));
  return Number.isSafeInteger(numel(shape.map((n) => n || 1))) ? shape : undefined;
}

/** The header of a .npy file, padded so that the data start at a multiple of 64; undefined for a dtype NumPy lacks. */
export function npyHeader(dtype: FileDtype, shape: readonly number[]): Uint8Array | undefined {
  const code = codes[dtype];
  if (code === undefined) return undefined;
  const order = fileDtypes[dtype].bytes === 1 ? '|' : '<';
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const size = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new TextEncoder().encode(`0123456789${text.padEnd(size - 11)}\n`);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, size - 10, true);
  return bytes;
}
