import { dot, normalized, removeParts } from './flat-vectors.js';
import type { Hessian } from './hessian.js';

/** A tridiagonal matrix T and orthonormal vectors Q with Qᵀ H Q = T. */
export interface LanczosResult {
  readonly diagonal: readonly number[];
  /** Elements beside the diagonal, and last the part of H q that is orthogonal to all vectors. */
  readonly beside: readonly number[];
  readonly basis: readonly Float32Array[];
}

/** How far `lanczos` goes. */
export interface LanczosPlan {
  /** Most products with H. */
  readonly steps: number;
  /** Returns a new vector with which to go on where the Krylov space ends; absent to stop there. */
  readonly restart?: () => Float32Array;
  /** Called after each step; returns true to stop. */
  readonly enough?: (diagonal: readonly number[], beside: readonly number[]) => boolean;
}

/** Part of the norm of H below which a remainder is rounding of float32. */
const negligible = 1e-6;

/**
 * The Lanczos algorithm with full reorthogonalisation (Lanczos 1950; Golub and Van Loan 2013, section 10.3): every new
 * vector is made orthogonal to all earlier ones, twice, in double precision, so that no eigenvalue appears more often
 * than it should. Keeps one vector of float32 per step on the host.
 */
export async function lanczos(
  hessian: Hessian,
  start: Float32Array,
  { steps, restart, enough }: LanczosPlan,
): Promise<LanczosResult> {
  const [diagonal, beside, basis]: [number[], number[], Float32Array[]] = [[], [], []];
  const most = Math.min(steps, hessian.size);
  let q = normalized(start);
  let scale = 0;
  for (;;) {
    basis.push(q);
    let w = new Float64Array(await hessian.times(q));
    scale = Math.max(scale, Math.sqrt(dot(w, w)));
    diagonal.push(dot(w, q));
    makeOrthogonal(w, basis);
    let rest = Math.sqrt(dot(w, w));
    if (rest <= negligible * scale || basis.length === hessian.size) rest = 0;
    beside.push(rest);
    if (basis.length === most || enough?.(diagonal, beside)) break;
    if (rest === 0) {
      if (!restart) break;
      w = new Float64Array(restart());
      makeOrthogonal(w, basis);
      rest = Math.sqrt(dot(w, w));
    }
    q = normalized(w, rest);
  }
  return { diagonal, beside, basis };
}

/** The second pass removes what rounding leaves of the first. */
function makeOrthogonal(w: Float64Array, basis: readonly Float32Array[]): void {
  removeParts(w, basis);
  removeParts(w, basis);
}
