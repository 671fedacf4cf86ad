import { expected, ValueError } from '../../errors.js';
import { type Option, oneOf } from '../option.js';
import { textOf } from '../options.js';

/**
 * Which form of a result: `'printed'`, as the paper prints it, or `'derived'`, as it follows from the paper's own
 * premises. Where the two differ, the doc comment of the function says how.
 */
export type Form = 'printed' | 'derived';

/** The option `form`; what the paper prints is the default. */
export const form: Option<Form> = oneOf(['printed', 'derived'], 'printed');

/** Throws ValueError unless `kind` accepts the argument. */
export function checkArgument(label: string, name: string, kind: Option<number>, value: number): void {
  if (!kind.accepts(value)) throw new ValueError(expected(label, `${name} ${kind.wanted}`, textOf(value)));
}
