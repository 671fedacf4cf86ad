import type { ElementType, ValueType } from '../graph/value.js';
import { dataTypeNumbers } from '../proto/data-types.js';
import type { Given, tensorMessage } from '../proto/schema.js';

/** A tensor of a file with these values. */
export function tensorProto(
  name: string,
  { shape, type }: ValueType,
  values: ArrayLike<number>,
): Given<typeof tensorMessage> {
  return { name, dims: shape, dataType: dataTypeNumbers[type], rawData: bytesOf(values, type) };
}

/** The values as stored, little-endian. */
function bytesOf(values: ArrayLike<number>, type: ElementType): Uint8Array {
  const stored = storedAs(values, type);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function storedAs(values: ArrayLike<number>, type: ElementType) {
  switch (type) {
    case 'float32':
      return values instanceof Float32Array ? values : Float32Array.from(values);
    case 'int32':
      return values instanceof Int32Array ? values : Int32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values as ArrayLike<number> & Iterable<number>, BigInt);
    default:
      return values instanceof Uint8Array ? values : Uint8Array.from(values);
  }
}
