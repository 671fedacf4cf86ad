import type { NodeReader } from './node-reader.js';
import type { Inputs } from './operator.js';
import { integersOf } from './static-values.js';

/** Makes a function that returns a list of integers, which is an input, or an attribute in older versions. */
export function listReader(
  node: NodeReader,
  name: string,
  position: number,
): (inputs: Inputs) => readonly number[] | null {
  const fixed = node.attribute(name, 'ints', null);
  return (inputs) => {
    const given = inputs[position];
    return given ? integersOf(given) : fixed;
  };
}
