import type { GpuOperand } from '../cell.js';
import type { KernelSource } from './source.js';

/**
 * Names of the elements of a row by their distance from `base`, each loaded once; outside of the row they are 0. They are
 * loaded four at a time where rows divide by four and `base` does, too, as `aligned` says.
 */
export function rowLoader(
  k: KernelSource,
  x: GpuOperand,
  width: number,
  row: string,
  base: string,
  aligned: boolean,
): (distance: number) => string {
  const step = aligned && width % 4 === 0 ? 4 : 1;
  const loaded = new Map<number, (i: number) => string>();
  return (distance) => {
    const first = Math.floor(distance / step) * step;
    let names = loaded.get(first);
    if (names === undefined) {
      const at = k.name('at');
      k.line(`const ${at} = ${base} + ${first};`);
      const inside = `${at} >= 0 && ${at} < ${width}`;
      names = step === 4 ? k.quad(x, `${row} + ${at}`, inside) : elementIf(k, x, `${row} + ${at}`, inside);
      loaded.set(first, names);
    }
    return names(distance - first);
  };
}

/** The name of an element of an operand, 0 unless `condition` holds. */
function elementIf(k: KernelSource, x: GpuOperand, index: string, condition: string): () => string {
  const name = k.name('x');
  k.line(`let ${name} = 0;`);
  k.line(`if (${condition}) { ${name} = ${k.element(x, index)}; }`);
  return () => name;
}
