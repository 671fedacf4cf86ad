import { type Formula, type FormulaNames, formula as unparsed } from './formula.js';

export type { Formula, FormulaNames } from './formula.js';

/** The tensors of T that the lines of a text assign, as far as the compiler can tell. */
export type AssignedIn<Text extends string, T extends string> = string extends Text
  ? string
  : Text extends `${infer Line}\n${infer Rest}`
    ? AssignedIn<Line, T> | AssignedIn<Rest, T>
    : Text extends ` ${infer Rest}`
      ? AssignedIn<Rest, T>
      : Text extends `const ${string}`
        ? never
        : Text extends `${infer Name} = ${string}`
          ? Extract<Name, T>
          : never;

/**
 * Element-wise or reducing mathematics as text: lines of JavaScript assignments over named tensors and scalars.
 * Assignments to other names need `const`. There are numbers, `+ - * / **`, relations, `&& || !`, `?:`, comments, the
 * functions abs, sqrt, exp, log, sin, cos, tanh, sigmoid, erf, floor, ceil, round, expm1 and log1p of one number, and
 * pow, min and max of two. Where every assignment is a call of sum, prod, max or min with one argument, the formula is
 * a reduction.
 * @param names what the formula reads and assigns; each name has to occur in it
 * @throws FormulaError that points at the place, for syntax errors and unknown names or functions, and for declared
 *   names that are not used
 * @example
 * const step = formula(
 *   `const u = b * m + (1 - b) * g
 *    m = u
 *    y = u > 0 ? u : slope * u`,
 *   { tensors: ['m', 'g', 'y'], scalars: ['b', 'slope'] },
 * );
 */
export function formula<const T extends string, const S extends string = never, const Text extends string = string>(
  text: Text,
  names: FormulaNames<T, S>,
): Formula<T, S, AssignedIn<Text, T>> {
  const checked = unparsed(text, names);
  checked.parse();
  return checked as Formula<T, S, AssignedIn<Text, T>>;
}
