import { type Option, oneOf } from '../../tensor/option-kinds.js';

/**
 * The form of a result: `'printed'`, as the paper prints it, or `'derived'`, as it follows from the paper's own
 * premises. Where the two differ, the doc comment of the function explains how.
 */
export type Form = 'printed' | 'derived';

/** The option `form`. Default `'printed'`. */
export const form: Option<Form> = oneOf(['printed', 'derived'], 'printed');
