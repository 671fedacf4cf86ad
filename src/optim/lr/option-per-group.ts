import type { Option } from '../../tensor/option-kinds.js';

/** An option for all groups alike, or one for each. */
export function perGroup<T>({ initial, wanted, accepts }: Option<T>): Option<T | readonly T[]> {
  const each = (x: unknown) => accepts(x) || (Array.isArray(x) && x.every(accepts));
  return { initial, wanted: `${wanted}, or a list of one per group`, accepts: each };
}

/** The value of an option for the group at `index`. */
export function ofGroup<T>(value: T | readonly T[], index: number): T {
  return Array.isArray(value) ? value[index] : (value as T);
}

/** Says what is wrong with an option that is a list for another number of groups; null if nothing is. */
export function checkPerGroup(name: string, value: unknown, groups: readonly unknown[]): string | null {
  if (!Array.isArray(value) || value.length === groups.length) return null;
  return `expected ${name} to be one for all groups or a list of ${groups.length}, got ${value.length}`;
}
