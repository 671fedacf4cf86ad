import '../setup.js';

export * from '../io/index.js';
