// What is loaded when the first file of another format than safetensors is read or written.
export { inspectText } from './inspect.js';
export { loadNpy, loadTorch, loadWeights } from './load.js';
export { npyChunks, npzChunks, torchChunks } from './save.js';
export { openWeights } from './weights-file.js';
