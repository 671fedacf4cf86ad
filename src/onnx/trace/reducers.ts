import type { Reducer } from '../../formula/nodes.js';

/** The operator of each reducer. */
export const reducers: Readonly<Record<Reducer, string>> = {
  sum: 'ReduceSum',
  max: 'ReduceMax',
  min: 'ReduceMin',
  prod: 'ReduceProd',
};
