import { DtypeError, expected, ValueError } from '../../../errors.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { cast } from '../fill.js';

/** An index as int32, the dtype that backends take. Throws DtypeError naming `op` unless it is int32 or uint8. */
export function expectIndex(op: string, index: Tensor, what = 'index'): Tensor {
  if (index.dtype !== 'int32' && index.dtype !== 'uint8') {
    throw new DtypeError(expected(op, `${what} of int32`, index.dtype));
  }
  return cast(index, 'int32');
}

/**
 * Throws ValueError naming `op` and `what` if a label lies outside of [0, count) and is not `ignored`; devices that queue
 * their work look at it when its turn comes, and reject the next read.
 */
export function checkLabels(
  op: string,
  labels: Tensor,
  count: number,
  { ignored, what = 'labels' }: { readonly ignored?: number; readonly what?: string } = {},
): void {
  const { backend } = labels.storage;
  const expectation = `${op}: expected ${what} in [0, ${count - 1}]`;
  if (!backend.readSync) {
    backend.expectWithin?.(labels, count, expectation, ignored);
    return;
  }
  for (const label of labels.dataSync()) {
    if ((label < 0 || label >= count) && label !== ignored) throw new ValueError(`${expectation}, got ${label}`);
  }
}
