import { expectFunction, expectTensor } from '../tensor/expect.js';
import { scope } from '../tensor/memory/scope.js';
import { defaultGenerator } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { gradAtBoundary } from './backward.js';
import { detach, gradientState, nextNumber, nodesBehind, recordAll, requiresGrad, setRequiresGrad } from './graph.js';
import { isGradEnabled, recompute, withGrad } from './mode.js';
import { reshape } from './ops/shape/reshape.js';

/**
 * Returns f(...inputs), but frees intermediate values immediately and recomputes them in backward, which trades time
 * for memory (Chen et al., "Training deep nets with sublinear memory cost", 2016). The recomputation draws the same
 * random numbers from the default stream, for example for dropout, and does not update the running averages of batch
 * normalisation again. Gradients flow to the inputs and to any other tensors that f uses, such as parameters. f returns
 * one or more tensors and must compute the same result both times.
 */
export function checkpoint<R extends Tensor | readonly Tensor[]>(
  f: (...inputs: Tensor[]) => R,
  ...inputs: Tensor[]
): R {
  expectFunction('checkpoint', 'a function of tensors', f);
  for (const x of inputs) expectTensor('checkpoint', x);
  if (!isGradEnabled()) return f(...inputs);
  const random = defaultGenerator.state();
  const { outputs, others, several } = scope(() => {
    const start = nextNumber();
    const inside = inputs.map(cut);
    const { ys, several } = listed(f(...inside));
    for (const y of ys) expectTensor('checkpoint', y, 'a function that returns a tensor or a list of tensors');
    return { outputs: ys.map(detach), others: used(ys, start).filter((t) => !inside.includes(t)), several };
  });
  const again = (dys: readonly (Tensor | null)[], createGraph: boolean): (Tensor | null)[] => {
    const before = defaultGenerator.state();
    defaultGenerator.setState(random);
    try {
      return withGrad(true, () => {
        // higher derivatives need a path to the inputs; the boundary hides that path from this pass
        const inside = inputs.map((x) => (createGraph ? reshape(x, x.shape) : cut(x)));
        const { ys } = listed(recompute(() => f(...inside)));
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

/** Returns the same values as a leaf, cut off from the graph of x. */
function cut(x: Tensor): Tensor {
  const leaf = detach(x);
  return requiresGrad(x) ? setRequiresGrad(leaf, true) : leaf;
}

function listed(result: Tensor | readonly Tensor[]): { ys: readonly Tensor[]; several: boolean } {
  return Array.isArray(result) ? { ys: result, several: true } : { ys: [result as Tensor], several: false };
}

/**
 * Returns the tensors that require a gradient, that operations from number `start` on used, and that those operations
 * did not make.
 */
function used(ys: readonly Tensor[], start: number): Tensor[] {
  const isOutside = (t: Tensor) => requiresGrad(t) && (gradientState(t)?.node?.number ?? -1) < start;
  const taken = nodesBehind(ys, isOutside).flatMap((node) => node.inputs);
  return [...new Set([...ys, ...taken].filter(isOutside))];
}
