import { type Dtype, dtypes } from '../../../dtype.js';
import { formula } from '../../../formula/formula.js';
import { natural, oneOf } from '../../../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../../../tensor/options.js';
import { map } from '../../../tensor/run.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { expectIndex, expectLabels } from '../expect.js';
import { counting } from '../fill.js';
import { reshape } from '../shape/reshape.js';

const matches = formula('y = label == c', { tensors: ['label', 'c', 'y'] });

/** Options of `oneHot`. */
export interface OneHotOptions {
  /**
   * The dtype of the result.
   * @default 'float32'
   */
  readonly dtype?: Dtype;
}

const oneHotOptions: OptionTable<Required<OneHotOptions>> = { dtype: oneOf(dtypes, 'float32') };
const classCount = natural();

/**
 * Returns (..., classes) for labels (...): 1 at the position of the label on the last axis, 0 elsewhere.
 * @throws DtypeError unless labels are integers, ValueError for a label outside [0, classes); on a GPU the next read
 * rejects with it instead.
 */
export function oneHot(labels: Tensor, classes: number, options?: OneHotOptions): Tensor {
  const { dtype } = resolveOptions('oneHot', oneHotOptions, options);
  checkArgument('oneHot', 'classes', classCount, classes);
  const label = expectIndex('oneHot', labels, 'labels');
  expectLabels('oneHot', label, classes);
  const c = counting('oneHot', classes, 'int32', labels.storage.backend);
  const y = map('oneHot', matches, { label: reshape(label, [...labels.shape, 1]), c }, {}, dtype);
  c.dispose();
  return y;
}
