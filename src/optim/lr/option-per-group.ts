import type { Option } from '../../tensor/option-kinds.js';

/** Returns an option that takes one value for all groups, or a list with one value per group. */
export function perGroup<T>({ initial, wanted, accepts }: Option<T>): Option<T | readonly T[]> {
  const each = (x: unknown) => accepts(x) || (Array.isArray(x) && x.every(accepts));
  return { initial, wanted: `${wanted}, or a list with one per group`, accepts: each };
}

/** Returns the value of an option for the group at `index`. */
export function ofGroup<T>(value: T | readonly T[], index: number): T {
  return Array.isArray(value) ? value[index] : (value as T);
}

/** Returns a message if an option is a list for another number of groups, otherwise null. */
export function checkPerGroup(name: string, value: unknown, groups: readonly unknown[]): string | null {
  if (!Array.isArray(value) || value.length === groups.length) return null;
  return `expected ${name} to be one value for all groups or a list of ${groups.length}, got a list of ${value.length}`;
}
