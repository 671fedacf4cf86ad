import { describeGpu } from '../tensor/gpu/describe.js';

describeGpu('webgpu', 10);
