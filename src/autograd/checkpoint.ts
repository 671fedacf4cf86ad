import { defaultGenerator } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { gradAtBoundary } from './backward.js';
import { detach, gradientState, nextNumber, nodesBehind, recordAll, requiresGrad, setRequiresGrad } from './graph.js';
import { isGradEnabled, withGrad } from './mode.js';
import { reshape } from './ops/shape/reshape.js';

/**
 * f(...inputs), whose intermediate values are freed at once and computed again by backward: memory for time (Chen et
 * al., "Training deep nets with sublinear memory cost", 2016). Random numbers from the default stream, as dropout draws
 * them, repeat. Gradients flow to the inputs and to whatever else f uses, such as parameters. f returns one tensor or
 * several and must compute the same both times.
 */
export function checkpoint<R extends Tensor | readonly Tensor[]>(
  f: (...inputs: Tensor[]) => R,
  ...inputs: Tensor[]
): R {
  if (!isGradEnabled()) return f(...inputs);
  const random = defaultGenerator.state();
  const { outputs, others, several } = scope(() => {
    const start = nextNumber();
    const inside = inputs.map(cut);
    const { ys, several } = listed(f(...inside));
    return { outputs: ys.map(detach), others: used(ys, start).filter((t) => !inside.includes(t)), several };
  });
  const again = (dys: readonly (Tensor | null)[], createGraph: boolean): (Tensor | null)[] => {
    const before = defaultGenerator.state();
    defaultGenerator.setState(random);
    try {
      return withGrad(true, () => {
        // a path to the inputs for higher derivatives, which the boundary hides from this one
        const inside = inputs.map((x) => (createGraph ? reshape(x, x.shape) : cut(x)));
        const { ys } = listed(f(...inside));
        const live = ys.flatMap((y, i) => (dys[i] && requiresGrad(y) ? [i] : []));
        const roots = live.map((i) => ys[i]);
        return gradAtBoundary(
          roots,
          live.map((i) => dys[i] as Tensor),
          [...inside, ...others],
          { createGraph },
        );
      });
    } finally {
      defaultGenerator.setState(before);
    }
  };
  const rule =
    (createGraph: boolean) =>
    (...dys: (Tensor | null)[]) => {
      let gradients: (Tensor | null)[] | undefined;
      return [...inputs, ...others].map((_, i) => () => {
        gradients ??= again(dys, createGraph);
        return gradients[i];
      });
    };
  recordAll('checkpoint', [...inputs, ...others], outputs, { backward: rule(false), composite: rule(true) });
  return (several ? outputs : outputs[0]) as R;
}

/** The same values as a leaf of a graph of its own. */
function cut(x: Tensor): Tensor {
  const leaf = detach(x);
  return requiresGrad(x) ? setRequiresGrad(leaf, true) : leaf;
}

function listed(result: Tensor | readonly Tensor[]): { ys: readonly Tensor[]; several: boolean } {
  return Array.isArray(result) ? { ys: result, several: true } : { ys: [result as Tensor], several: false };
}

/** The tensors that require a gradient and that operations from number `start` on took in without making them. */
function used(ys: readonly Tensor[], start: number): Tensor[] {
  const isOutside = (t: Tensor) => requiresGrad(t) && (gradientState(t)?.node?.number ?? -1) < start;
  const taken = nodesBehind(ys, isOutside).flatMap((node) => node.inputs);
  return [...new Set([...ys, ...taken].filter(isOutside))];
}
