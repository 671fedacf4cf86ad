import '../setup.js';

export * from '../data/index.js';
