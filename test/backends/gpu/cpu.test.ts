import { describeGpu } from './describe.js';

describeGpu('cpu', 40);
