import { describeGpu } from '../tensor/gpu/describe.js';

describeGpu('webgl2', 6);
