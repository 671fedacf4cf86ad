import type { GpuOperand } from '../allocation.js';
import type { KernelSource } from '../source/kernel-source.js';

/** A row of an operand. */
export interface Row {
  readonly x: GpuOperand;
  /** The length of the row. */
  readonly width: number;
  /** The index in the operand at which the row begins. */
  readonly start: string;
  /** The index in the row from which distances are counted. */
  readonly base: string;
  /** Whether `base` is divisible by four. */
  readonly aligned: boolean;
}

/**
 * Returns a function that returns the name of the element at a distance from the base. Each element is loaded once;
 * elements outside the row are 0. If the base and the length of rows are divisible by four, four elements are loaded at
 * a time.
 */
export function rowLoader(k: KernelSource, { x, width, start, base, aligned }: Row): (distance: number) => string {
  const step = aligned && width % 4 === 0 ? 4 : 1;
  const loaded = new Map<number, (i: number) => string>();
  return (distance) => {
    const first = Math.floor(distance / step) * step;
    let names = loaded.get(first);
    if (names === undefined) {
      const at = k.define('at', `${base} + ${first}`);
      const inside = `${at} >= 0 && ${at} < ${width}`;
      names = step === 4 ? k.vector(x, `${start} + ${at}`, inside) : elementIf(k, x, `${start} + ${at}`, inside);
      loaded.set(first, names);
    }
    return names(distance - first);
  };
}

/** The name of an element of an operand, 0 unless `condition` holds. */
function elementIf(k: KernelSource, x: GpuOperand, index: string, condition: string): () => string {
  const name = k.let(k.name('x'), '0');
  k.when(condition, () => k.set(name, k.element(x, index)));
  return () => name;
}
