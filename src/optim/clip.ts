import { gradOf } from '../autograd/graph.js';
import { filled } from '../autograd/ops/fill.js';
import { type Formula, formula } from '../formula/formula.js';
import { backendOf } from '../tensor/device.js';
import { scope } from '../tensor/memory/scope.js';
import { bound, oneOf } from '../tensor/option-kinds.js';
import { checkArgument, type OptionTable, resolveOptions } from '../tensor/options.js';
import { commonBackend, empty, mapInto, prepareMapInto, reduce } from '../tensor/run.js';
import { Tensor } from '../tensor/tensor.js';
import { tensorsOf } from './param-groups.js';

/** Options of `clipGradNorm`. */
export interface ClipGradNormOptions {
  /** 2 is the Euclidean norm of all gradients together, Infinity their largest absolute value. Default 2. */
  readonly normType?: 2 | typeof Number.POSITIVE_INFINITY;
}

const table: OptionTable<Required<ClipGradNormOptions>> = { normType: oneOf([2, Number.POSITIVE_INFINITY], 2) };

interface Norm {
  /** Computes the part of one gradient. */
  readonly part: Formula<'g' | 'y'>;
  /** Joins two parts. */
  readonly join: Formula<'total' | 'y'>;
  /** Computes the norm from the joined parts, and the factor that scales it down to `maxNorm`. */
  readonly finish: Formula<'total' | 'norm' | 'factor', 'maxNorm'>;
}

// PyTorch adds 1e-6 to keep the quotient finite
const finish = { tensors: ['total', 'norm', 'factor'], scalars: ['maxNorm'] } as const;
const euclidean: Norm = {
  part: formula('y = sum(g * g)', { tensors: ['g', 'y'] }),
  join: formula('total = total + y', { tensors: ['total', 'y'] }),
  finish: formula('const n = sqrt(total)\n norm = n\n factor = min(1, maxNorm / (n + 1e-6))', finish),
};
const largest: Norm = {
  part: formula('y = max(abs(g))', { tensors: ['g', 'y'] }),
  join: formula('total = max(total, y)', { tensors: ['total', 'y'] }),
  finish: formula('norm = total\n factor = min(1, maxNorm / (total + 1e-6))', finish),
};
const scale = formula('g = factor * g', { tensors: ['g', 'factor'] });
const clamp = formula('g = min(max(g, -limit), limit)', { tensors: ['g'], scalars: ['limit'] });

/**
 * Scales the gradients of all parameters in place so that their joint norm is at most `maxNorm`. Returns the norm
 * before scaling, as a tensor without axes. Nothing is read back to the host on devices where that would have to wait.
 * If the norm is not finite, the gradients become NaN or 0, as in PyTorch.
 * @throws ValueError for a negative or NaN maxNorm, an unknown normType or parameters that are not tensors.
 */
export function clipGradNorm(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const { normType } = resolveOptions('clipGradNorm', table, options);
  checkArgument('clipGradNorm', 'maxNorm', bound(), maxNorm);
  const kind = normType === 2 ? euclidean : largest;
  return scope(() => {
    const grads = gradientsOf('clipGradNorm', params);
    const backend = grads.length > 0 ? commonBackend('clipGradNorm', grads) : backendOf();
    const total = filled('clipGradNorm', [], 0, 'float32', backend);
    for (const g of grads) {
      const [y] = reduce('clipGradNorm', kind.part, { g }, { axes: g.shape.map((_, axis) => axis) });
      mapInto('clipGradNorm', kind.join, { total, y });
    }
    const norm = empty('clipGradNorm', [], 'float32', backend);
    const factor = empty('clipGradNorm', [], 'float32', backend);
    mapInto('clipGradNorm', kind.finish, { total, norm, factor }, { maxNorm });
    // scaling by 1 would change nothing
    const needed = backend.readSync === undefined || factor.itemSync() !== 1;
    const writes = needed ? grads.map((g) => prepareMapInto('clipGradNorm', scale, { g, factor })) : [];
    for (const write of writes) write();
    return norm;
  });
}

/**
 * Clamps every element of the gradients to [-clipValue, clipValue] in place.
 * @throws ValueError for a negative or NaN value or parameters that are not tensors.
 */
export function clipGradValue(params: Tensor | Iterable<Tensor>, clipValue: number): void {
  checkArgument('clipGradValue', 'clipValue', bound(), clipValue);
  const gradients = gradientsOf('clipGradValue', params);
  const writes = gradients.map((g) => prepareMapInto('clipGradValue', clamp, { g }, { limit: clipValue }));
  for (const write of writes) write();
}

function gradientsOf(op: string, params: Tensor | Iterable<Tensor>): Tensor[] {
  return (params instanceof Tensor ? [params] : tensorsOf(op, params)).flatMap((p) => gradOf(p) ?? []);
}
