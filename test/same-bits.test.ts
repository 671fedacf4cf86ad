import { afterAll, describe, expect, it } from 'vitest';
import { device, getThreads, setDevice, setThreads } from '../src/index.js';
import { hashes, threadCounts, trainLstm, trainResNet } from './helpers/trainings.js';

const before = getThreads();
afterAll(() => setThreads(before));

describe('the same seed gives the same bits', () => {
  it.each(threadCounts)('with %i threads', async (count) => {
    await setDevice('cpu');
    setThreads(count);
    // the workers start in the meantime
    await new Promise((done) => setTimeout(done, 100));
    expect(device.info().threads).toBe(count);
    const wanted = hashes[device.info().arithmetic as keyof typeof hashes];
    expect([trainResNet(), await trainLstm()]).toEqual(wanted);
  });
});
