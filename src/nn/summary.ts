import { expected, textOf, ValueError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import type { ModelSummary } from './summary/model-summary.js';
import type { SummaryOptions } from './summary/summarize.js';

/** An input of a model: a tensor, or the shape of one, batch included. */
export type SummaryInput = Tensor | readonly number[];

/**
 * Returns a table of the modules of a model: the shapes of their outputs, parameters, multiplications with additions,
 * and the memory that a training step keeps for backward. Print it, or read its `rows` and totals.
 *
 * Runs `forward` once, recorded as in a training step, on the given tensors or on zeros of the given shapes, in the mode
 * that the model is in: `model.eval()` before shows what inference computes. That takes the memory of the forward pass
 * of a training step; it is freed at the end. Buffers (such as running averages), modes, gradients and the random
 * numbers that follow stay as they are. Multiply-adds are counted where they happen, in the matrix products and
 * convolutions that the device runs, with padding and in full even if an algorithm needs fewer.
 * @param inputs a shape or tensor for each argument of `forward`; for a single one, not necessarily in a list
 * @throws ValueError for invalid arguments and a `forward` that returns a promise, ShapeError for an invalid shape,
 * AntinodeError while a profile is being made, and whatever `forward` throws. The promise rejects with them.
 * @example
 * console.log(`${await nn.summary(model, [1, 3, 224, 224])}`);
 * @example
 * const { multiplyAdds } = await nn.summary(languageModel, [35, 20], { dtype: 'int32' });
 */
export async function summary(
  model: Module,
  inputs: SummaryInput | readonly SummaryInput[],
  options?: SummaryOptions,
): Promise<ModelSummary> {
  if (!(model instanceof Module)) throw new ValueError(expected('summary', 'a module', textOf(model)));
  const { summarize } = await import('./summary/summarize.js');
  return summarize(model, inputs, options);
}
