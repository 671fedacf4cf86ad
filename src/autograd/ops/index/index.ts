export { gather, scatterAdd } from './gather.js';
export { indexAdd, indexSelect } from './index-select.js';
export * from './one-hot.js';
