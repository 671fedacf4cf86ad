import type { TypedArray } from '../../dtype.js';
import { storedIn } from '../../formula/semantics.js';
import type { Operand } from '../../tensor/backend.js';
import { viewAlong } from './walk.js';

/** Index of the first largest or smallest element along an axis; the first NaN wins over any number. */
export function argReduce(kind: 'max' | 'min', x: Operand<TypedArray>, out: Operand<TypedArray>, axis: number): void {
  const { outer, length, inner } = viewAlong(x.shape, axis);
  const better = kind === 'max' ? (a: number, b: number) => a > b : (a: number, b: number) => a < b;
  for (let block = 0; block < outer; block++) {
    for (let column = 0; column < inner; column++) {
      let winner = 0;
      let best = Number.NaN;
      for (let i = 0; i < length; i++) {
        const value = x.handle[(block * length + i) * inner + column];
        if (i === 0 || better(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) {
          winner = i;
          best = value;
        }
      }
      out.handle[block * inner + column] = winner;
    }
  }
}

/** Running sum along an axis, from the end if `reverse`. */
export function cumsum(x: Operand<TypedArray>, out: Operand<TypedArray>, axis: number, reverse: boolean): void {
  const { outer, length, inner } = viewAlong(x.shape, axis);
  for (let block = 0; block < outer; block++) {
    for (let column = 0; column < inner; column++) {
      let sum = 0;
      for (let step = 0; step < length; step++) {
        const i = reverse ? length - 1 - step : step;
        const at = (block * length + i) * inner + column;
        sum += x.handle[at];
        if (x.dtype !== 'float32') sum |= 0;
        out.handle[at] = storedIn[out.dtype](sum);
      }
    }
  }
}
