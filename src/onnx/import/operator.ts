import type { Tensor } from '../../tensor/tensor.js';
import type { NodeReader } from './node-reader.js';

/** The inputs of a node when the model runs; undefined for one that is not given. */
export type Inputs = readonly (Tensor | undefined)[];

/** How a model runs. */
export interface Mode {
  readonly training: boolean;
  /** True for the names of buffers, which training updates. */
  isBuffer(name: string): boolean;
}

/** Computes the outputs of a node. */
export type Compute = (inputs: Inputs, mode: Mode) => readonly Tensor[];

/** An ONNX operator. */
export interface Operator {
  /** The least and the most inputs. */
  readonly inputs: readonly [least: number, most: number];
  /** The most outputs. Default 1. */
  readonly outputs?: number;
  /** Positions of inputs that are trained if they are initializers. */
  readonly weights?: readonly number[];
  /** Positions of inputs whose values are read, such as shapes and axes. */
  readonly read?: readonly number[];
  /** True if its outputs are parts of its first input, or that in another shape or order. */
  readonly moves?: boolean;
  /** Reads the attributes of a node, and returns the function that computes it. */
  prepare(node: NodeReader): Compute;
}

/** Operators by name. */
export type Operators = Readonly<Record<string, Operator>>;
