/** Pointers to the tensors of a convolution. */
export interface ConvTensors {
  readonly input: number;
  readonly weights: number;
  /** 0 if there is none. */
  readonly bias: number;
  readonly output: number;
}
