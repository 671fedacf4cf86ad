import { describe, expect, it } from 'vitest';
import { device, setThreads } from '../../src/index.js';
import { describeBackend } from '../backends/calls/describe.js';

describe('an isolated page', () => {
  it('shares memory between the threads of cpu', () => {
    expect(crossOriginIsolated).toBe(true);
    setThreads(2);
    expect(device.info('cpu')).toMatchObject({
      threads: 2,
      features: expect.arrayContaining(['simd', 'shared-memory']),
    });
  });
});

describeBackend('cpu', { small: 30, large: 3 });
