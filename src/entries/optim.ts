import '../setup.js';

export * from '../optim/index.js';
