import { Parameter } from '../autograd/parameter.js';
import { empty } from '../tensor/run.js';
import { checkShape } from '../tensor/shape.js';

/**
 * Returns a parameter on the current device whose values `initialise` fills in place.
 * @throws ShapeError naming `op` for a bad shape.
 */
export function newParameter(op: string, shape: readonly number[], initialise: (p: Parameter) => unknown): Parameter {
  const t = empty(op, checkShape(op, shape), 'float32');
  const p = new Parameter(t);
  // only the parameter holds the memory now
  t.dispose();
  initialise(p);
  return p;
}

/** T if `Has` is true, null if it is false, and either of them if it is known only at run time. */
export type If<Has extends boolean, T> = Has extends true ? T : null;

/** `make()` if `has`, else null. */
export function makeIf<Has extends boolean, T>(has: Has, make: () => T): If<Has, T> {
  return (has ? make() : null) as If<Has, T>;
}
