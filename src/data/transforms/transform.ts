import { expected, ValueError } from '../../errors.js';
import { expectFunction, expectObject } from '../../tensor/expect.js';
import type { Generator } from '../../tensor/random.js';

/** A batch of images on the host, (count, channels, height, width) row-major; bytes are 0..255, floats mostly 0..1. */
export interface Images {
  readonly data: Uint8Array | Float32Array;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** One stage of image preparation. It may write into the images that it receives, which are a copy. */
export interface Transform {
  /** True if it draws random numbers. */
  readonly random: boolean;
  /** How to make it again in another thread; without a recipe, it runs in the thread that iterates over the data. */
  readonly recipe?: Recipe;
  /** The stages of a composed transform. */
  readonly stages?: readonly Transform[];
  apply(images: Images, generator: Generator): Images;
}

/** A function of `data.transforms` by name, and its arguments. */
export interface Recipe {
  readonly name: string;
  readonly args: readonly unknown[];
}

/**
 * Applies the stages in order.
 * @throws ValueError if a stage is not a transform.
 */
export function compose(...stages: readonly Transform[]): Transform {
  for (const stage of stages) {
    expectObject('compose', 'transforms', stage);
    expectFunction('compose', 'transforms with a method apply', stage.apply);
  }
  return {
    random: stages.some((stage) => stage.random),
    stages,
    apply: (images, generator) => stages.reduce((made, stage) => stage.apply(made, generator), images),
  };
}

/** Stages that are not composed of others, in order: those of `transform`, of its stages and so on. */
export function stagesOf(transform: Transform | undefined): readonly Transform[] {
  if (transform === undefined) return [];
  return transform.stages?.flatMap(stagesOf) ?? [transform];
}

/** A part of an image; it may extend beyond the edges. */
export interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Most values that a batch may have after a transform. */
const mostValues = 2 ** 30;

/**
 * Returns values of the same kind as `data`, all 0.
 * @throws ValueError, with `op` in the message, for more than 2^30 values.
 */
export function valuesLike(op: string, data: Images['data'], size: number): Uint8Array | Float32Array {
  if (size > mostValues) {
    throw new ValueError(expected(op, `results of at most ${mostValues} values in all`, String(size)));
  }
  return data instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size);
}

/** Rounds to the nearest integer, and halves to the even one, as Python does. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
