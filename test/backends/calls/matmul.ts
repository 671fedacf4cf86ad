import fc from 'fast-check';
import { axisLength, broadcastsTo, seeds, shapes, type Values } from '../../helpers/arbitraries.js';
import { type Calls, call, garbage, given } from './call.js';

const flags = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean() });
const values = fc.constantFrom<Values>('lattice', 'unit');

/** Products with every transpose; at most `lead` leading axes broadcast against each other. */
function matmul(sizeOfLead: number, maxAxes: number, side: (size: number) => number): Calls {
  return (size) => {
    const length = axisLength(side(size));
    return shapes({ maxAxes, maxSize: sizeOfLead, maxLength: 5 })
      .chain((lead) =>
        fc.record({
          lead: fc.constant(lead),
          leadA: broadcastsTo(lead),
          leadB: broadcastsTo(lead),
          m: length,
          n: length,
          k: length,
          options: flags,
          kind: values,
          seed: seeds,
        }),
      )
      .map(({ lead, leadA, leadB, m, n, k, options, kind, seed }) =>
        call(
          `matmul ${JSON.stringify(options)} of ${kind} values`,
          {
            a: given([...leadA, ...(options.transposeA ? [k, m] : [m, k])], 'float32', seed, kind),
            b: given([...leadB, ...(options.transposeB ? [n, k] : [k, n])], 'float32', seed + 1, kind),
            out: garbage([...lead, m, n]),
          },
          ['out'],
          (backend, { a, b, out }) => backend.matmul(a, b, out, options),
          // sums of multiples of 1/64 are exact
          kind === 'lattice' ? { rtol: 0, atol: 0 } : { rtol: 1e-5, atol: 1e-5 + 1e-7 * k },
        ),
      );
  };
}

/** Matrix products: single ones of up to twice the square root of the size, or batches of small ones. */
export const matmulCalls: Readonly<Record<string, Calls>> = {
  'matmul: matrices': matmul(1, 0, (size) => Math.ceil(3 * Math.sqrt(size))),
  'matmul: batches': matmul(12, 3, (size) => Math.ceil(Math.sqrt(size) / 1.5)),
};
