import { nn, noGrad, optim, scope, type Tensor } from '../../src/index.js';
import { type CifarNetwork, fillNetwork, imagesOf, labelsOf, networks } from './golden-networks.js';

/** By how much a training differs from that of PyTorch; all differences are relative. */
export interface TrainingErrors {
  /** Of the loss of each step. */
  readonly losses: readonly number[];
  /** Of the logits of the first step: the largest difference, divided by the largest logit. */
  readonly logits: number;
  /** Of the norm of each gradient of the first step, by the name of the parameter. */
  readonly gradients: ReadonlyMap<string, number>;
  /** Of the norm of all gradients together. */
  readonly total: number;
  /** Of the logits in evaluation mode after the last step; null if not all steps were made. */
  readonly evalLogits: number | null;
}

/** Trains a network for the first steps of those in the file, and compares with PyTorch. */
export function trainingErrors(golden: CifarNetwork, steps: number = golden.losses.length): TrainingErrors {
  const { key, numClasses, width } = golden;
  const net = networks[golden.model]({ numClasses, width });
  fillNetwork(net, key);
  const [x, labels] = [imagesOf(golden), labelsOf(golden)];
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 });
  let first: Pick<TrainingErrors, 'logits' | 'gradients' | 'total'> | undefined;
  const losses = golden.losses.slice(0, steps).map((expected) =>
    scope(() => {
      const logits = net.forward(x);
      const loss = nn.functional.crossEntropy(logits, labels);
      optimizer.zeroGrad();
      loss.backward();
      first ??= { logits: relativeError(logits.dataSync(), golden.logits), ...gradientErrors(net, golden) };
      optimizer.step();
      return Math.abs(loss.itemSync() / expected - 1);
    }),
  );
  if (!first) throw new Error(`expected at least 1 step, got ${steps}`);
  const all = steps === golden.losses.length;
  const evalLogits = all ? noGrad(() => relativeError(net.eval().forward(x).dataSync(), golden.evalLogits)) : null;
  for (const each of [net, optimizer, x, labels]) each.dispose();
  return { losses, ...first, evalLogits };
}

/** The largest difference, divided by the largest of the expected values. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  // NaN is a difference
  return expected.reduce((worst, v, i) => Math.max(worst, Math.abs(actual[i] - v)), 0) / scale;
}

function gradientErrors(net: nn.Module, { gradientNorms }: CifarNetwork): Pick<TrainingErrors, 'gradients' | 'total'> {
  const found = new Map([...net.namedParameters()].map(([name, p]) => [name, norm(p.grad as Tensor)]));
  if ([...found.keys()].join() !== Object.keys(gradientNorms).join()) throw new Error('expected the same parameters');
  const total = Math.hypot(...Object.values(gradientNorms));
  const gradients = new Map(
    [...found].map(([name, value]) => {
      // the gradient of a bias before a normalisation is 0
      const scale = gradientNorms[name] || total;
      return [name, Math.abs(value - gradientNorms[name]) / scale];
    }),
  );
  return { gradients, total: Math.abs(Math.hypot(...found.values()) / total - 1) };
}

function norm(t: Tensor): number {
  let sum = 0;
  for (const v of t.dataSync()) sum += v * v;
  return Math.sqrt(sum);
}
