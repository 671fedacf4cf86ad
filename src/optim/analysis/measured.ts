import { requiresGrad } from '../../autograd/graph.js';
import { expected, ShapeError, shapeText, textOf, ValueError } from '../../errors.js';
import { prepareCopy } from '../../tensor/host.js';
import { keep, scope } from '../../tensor/memory/scope.js';
import { empty } from '../../tensor/run.js';
import { Tensor } from '../../tensor/tensor.js';
import { checkParams } from '../param-groups.js';

/** What a module offers to measurements; every `nn.Module` fits. */
export interface ModuleLike {
  namedParameters(): ReadonlyMap<string, Tensor>;
  namedBuffers(): ReadonlyMap<string, Tensor>;
}

/** The parameters of a measurement: a list of them, a map by name, or a module, whose buffers are then restored. */
export type Measured = Iterable<Tensor> | ReadonlyMap<string, Tensor> | ModuleLike;

/** The parameters of a measurement in their order, with their names. */
export interface MeasuredParams {
  readonly names: readonly string[];
  readonly params: readonly Tensor[];
  /** Number of elements of all parameters together. */
  readonly size: number;
  /** The buffers to restore afterwards. */
  readonly buffers: readonly Tensor[];
}

/**
 * Returns the parameters that are to be measured.
 * @throws ValueError for no parameters, or those that are not leaves that require a gradient; DtypeError unless they
 * are float32.
 */
export function measuredParams(label: string, given: Measured): MeasuredParams {
  const module = isModule(given) ? given : null;
  const source = module ? module.namedParameters() : (given as Exclude<Measured, ModuleLike>);
  const list = source instanceof Map ? source.values() : (source as Iterable<Tensor>);
  const params = checkParams(label, list, new Set());
  if (params.length === 0) throw new ValueError(expected(label, 'at least one parameter', 'none'));
  const names = source instanceof Map ? [...source.keys()] : params.map((_, i) => String(i));
  params.forEach((p, i) => {
    if (!requiresGrad(p)) throw new ValueError(expected(label, 'parameters that require a gradient', names[i]));
  });
  const size = params.reduce((sum, p) => sum + p.size, 0);
  return { names, params, size, buffers: module ? [...module.namedBuffers().values()] : [] };
}

function isModule(given: Measured): given is ModuleLike {
  return typeof given === 'object' && given !== null && 'namedParameters' in given && 'namedBuffers' in given;
}

/** Copies the values of tensors, and returns a function that puts them back and frees the copies. */
export function snapshot(label: string, tensors: readonly Tensor[]): () => void {
  const copies = scope(() =>
    tensors.map((t) => {
      const copy = empty(label, t.shape, t.dtype, t.storage.backend);
      prepareCopy(label, copy, t)();
      return copy;
    }),
  ).map((t) => keep(t));
  return () => {
    try {
      const writes = tensors.map((t, i) => prepareCopy(label, t, copies[i]));
      for (const write of writes) write();
    } finally {
      for (const t of copies) t.dispose();
    }
  };
}

/**
 * Returns a loss unchanged.
 * @throws ValueError unless it is a tensor, ShapeError unless it has one element.
 */
export function checkLoss(label: string, loss: unknown): Tensor {
  if (!(loss instanceof Tensor)) throw new ValueError(expected(label, 'a tensor as loss', textOf(loss)));
  if (loss.size !== 1) throw new ShapeError(expected(label, 'a loss with one element', shapeText(loss.shape)));
  return loss;
}

/**
 * Accepts iterables of minibatches, asynchronous ones included.
 * @throws ValueError for anything else.
 */
export function checkBatches(label: string, batches: unknown): void {
  const iterable =
    typeof batches === 'object' && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches);
  if (!iterable) throw new ValueError(expected(label, 'an iterable of batches', textOf(batches)));
}
