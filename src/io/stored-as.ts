import type { Dtype } from '../dtype.js';
import { type Option, optional } from '../tensor/option-kinds.js';
import { type FileDtype, fileDtypes } from './file-dtypes.js';

/**
 * The element type that tensors are stored as: one name, for tensors of its kind (floats, integers or flags), or one for
 * each dtype.
 */
export type StoredAs = FileDtype | Readonly<Partial<Record<Dtype, FileDtype>>>;

const kindOf = (dtype: FileDtype): string | null => fileDtypes[dtype].dtype?.replace('uint8', 'int32') ?? null;
/** True for the name of an element type. */
export const isFileDtype = (x: unknown): x is FileDtype => typeof x === 'string' && Object.hasOwn(fileDtypes, x);
const isAlike = ([from, to]: [string, unknown]) =>
  isFileDtype(from) && fileDtypes[from].dtype === from && isFileDtype(to) && kindOf(from) === kindOf(to);

/** The option `dtype` of functions that write tensors. */
export const storedAs: Option<StoredAs | undefined> = optional({
  initial: undefined,
  wanted: `to be a dtype (${Object.keys(fileDtypes).slice(0, 15).join(', ')}) or an object of them by dtype, of the same kind`,
  accepts: (x) =>
    (isFileDtype(x) && kindOf(x) !== null) ||
    (typeof x === 'object' && x !== null && Object.entries(x).every((pair) => isAlike(pair))),
});

/** The element type that a tensor of `dtype` is stored as. */
export function storedDtype(dtype: Dtype, wanted: StoredAs | undefined): FileDtype {
  if (typeof wanted === 'object') return wanted[dtype] ?? dtype;
  return wanted !== undefined && kindOf(wanted) === kindOf(dtype) ? wanted : dtype;
}
