import type { Operators } from '../operator.js';
import { arithmeticOperators } from './arithmetic.js';
import { functionOperators } from './functions.js';
import { imageOperators } from './images.js';
import { indexOperators } from './indexing.js';
import { normalisationOperators } from './normalisation.js';
import { partOperators } from './parts.js';
import { productOperators } from './products.js';
import { recurrentOperators } from './recurrent.js';
import { reductionOperators } from './reductions.js';
import { shapeOperators } from './shapes.js';

/** The operators that `importOnnx` supports besides Constant, by name. */
export const operators: Operators = {
  ...arithmeticOperators,
  ...functionOperators,
  ...imageOperators,
  ...indexOperators,
  ...normalisationOperators,
  ...partOperators,
  ...productOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...shapeOperators,
};
