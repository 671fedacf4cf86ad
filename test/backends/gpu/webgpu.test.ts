import { describe, it } from 'vitest';
import { DeviceError, setDevice } from '../../../src/index.js';
import { describeGpu } from './describe.js';

/** Why WebGPU does not run here, for example because its package finds no driver. */
async function missing(): Promise<string | null> {
  try {
    await setDevice('gpu:webgpu');
    return null;
  } catch (error) {
    if (error instanceof DeviceError) return error.message;
    throw error;
  }
}

const reason = await missing();
if (reason === null) describeGpu('webgpu', 10);
else {
  console.warn(`skipped gpu:webgpu: ${reason}`);
  describe.skip(`gpu:webgpu in Node, skipped: ${reason}`, () => {
    it('agrees with reference and trains as cpu does', () => {});
  });
}
