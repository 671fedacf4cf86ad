import { describeGpu } from './describe.js';

describeGpu('webasm', 15);
