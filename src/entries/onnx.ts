import '../setup.js';

export * from '../onnx/index.js';
