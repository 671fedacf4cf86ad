import type { HostTensor } from '../proto/tensor-values.js';
import type { NodeReader } from './node-reader.js';

/**
 * The value of a Constant node.
 * @throws FileError unless it has one attribute with numbers.
 */
export function constantOf(node: NodeReader): HostTensor {
  const [name] = node.outputs;
  const tensor = node.attribute('value', 'tensor', null);
  if (tensor) return { ...tensor, name };
  const float = node.attribute('value_float', 'float', null);
  if (float !== null) return { name, dtype: 'float32', shape: [], values: Float32Array.of(float) };
  const int = node.attribute('value_int', 'int', null);
  if (int !== null) return { name, dtype: 'int32', shape: [], values: Int32Array.of(int) };
  const floats = node.attribute('value_floats', 'floats', null);
  if (floats) return { name, dtype: 'float32', shape: [floats.length], values: Float32Array.from(floats) };
  const ints = node.attribute('value_ints', 'ints', null);
  if (ints) return { name, dtype: 'int32', shape: [ints.length], values: Int32Array.from(ints) };
  return node.fail('a value', 'none');
}
