import { BinaryReader } from '@bufbuild/protobuf/wire';
import { type Dtype, hostArray, type TypedArray } from '../../dtype.js';
import { FileError, textOf } from '../../errors.js';
import { integerRange } from '../../formula/semantics.js';
import { numel } from '../../tensor/shape.js';
import { type DataType, dataTypes } from './data-types.js';
import type { TensorProto } from './schema.js';

/** A tensor of a file on the host. */
export interface HostTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: TypedArray;
}

/** The most axes of a tensor, as in PyTorch. */
const maxAxes = 64;

/**
 * Reads a tensor. Integers of 64 bits become the nearest of 32 bits: files use the largest one to mean "to the end".
 * @throws FileError, with `file` and the name of the tensor in the message, if its data do not fit its shape and type.
 */
export function readTensor(file: string, tensor: TensorProto): HostTensor {
  const { name = '', dims, dataType = 0, rawData } = tensor;
  const fail = (wanted: string, got: string): never => {
    throw new FileError(`${file}: expected ${wanted} for tensor ${textOf(name)}, got ${got}`);
  };
  const type = Object.hasOwn(dataTypes, dataType) ? dataTypes[dataType] : undefined;
  if (!type) {
    const known = Object.values(dataTypes).map((each) => each.name);
    return fail(`an element type of ${known.join(', ')}`, `number ${dataType}`);
  }
  if (dims.length > maxAxes || !dims.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    fail(`at most ${maxAxes} axes of length >= 0`, textOf(dims));
  }
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) fail('values in the file', 'a reference to another');
  const size = numel(dims);
  if (rawData) {
    if (rawData.length !== size * type.width) {
      fail(`${size * type.width} bytes, ${type.name} (${dims.join(', ')})`, `${rawData.length}`);
    }
    return { name, dtype: type.dtype, shape: dims, values: fromBytes(rawData, type, size) };
  }
  const { pieces, wire } = listOf(tensor, type);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // an element takes at least a byte, so that no memory is allocated for elements that are missing
  if (bytes < size) fail(`${size} values, ${type.name} (${dims.join(', ')})`, `${bytes} bytes`);
  const values = hostArray(type.dtype, size);
  let at = 0;
  for (const piece of pieces) {
    const reader = new BinaryReader(piece);
    try {
      for (; reader.pos < piece.length; at++) {
        const value = wire === 'varint' ? Number(reader.int64()) : wire === 'float' ? reader.float() : reader.double();
        if (at < size) values[at] = asStored(value, type);
      }
    } catch (error) {
      fail('a list of values', (error as Error).message);
    }
  }
  if (at !== size) fail(`${size} values, ${type.name} (${dims.join(', ')})`, `${at}`);
  return { name, dtype: type.dtype, shape: dims, values };
}

/** The field that holds values of a type as a list, and how each is stored in it. */
function listOf(tensor: TensorProto, { name }: DataType) {
  if (name === 'FLOAT') return { pieces: tensor.floatData, wire: 'float' } as const;
  if (name === 'DOUBLE') return { pieces: tensor.doubleData, wire: 'double' } as const;
  return { pieces: name === 'INT64' ? tensor.int64Data : tensor.int32Data, wire: 'varint' } as const;
}

function asStored(value: number, { name, dtype }: DataType): number {
  if (name === 'FLOAT16') return halfToNumber(value);
  if (name === 'BFLOAT16') return bfloatToNumber(value);
  if (dtype === 'bool') return Number(value !== 0);
  return dtype === 'int32' ? nearestInt(value) : value;
}

function fromBytes(bytes: Uint8Array, type: DataType, size: number): TypedArray {
  const values = hostArray(type.dtype, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = readers[type.name];
  for (let i = 0; i < size; i++) values[i] = asStored(read(view, i * type.width), type);
  return values;
}

const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  FLOAT: (view, at) => view.getFloat32(at, true),
  UINT8: (view, at) => view.getUint8(at),
  INT8: (view, at) => view.getInt8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  BOOL: (view, at) => view.getUint8(at),
  FLOAT16: (view, at) => view.getUint16(at, true),
  DOUBLE: (view, at) => view.getFloat64(at, true),
  BFLOAT16: (view, at) => view.getUint16(at, true),
};

function nearestInt(value: number): number {
  const [smallest, largest] = integerRange.int32;
  return Math.min(largest, Math.max(smallest, value));
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** A bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}

const word = new DataView(new ArrayBuffer(4));
