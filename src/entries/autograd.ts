import '../setup.js';

export * from '../autograd/index.js';
