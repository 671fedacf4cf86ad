import '../setup.js';

export * from '../nn/index.js';
