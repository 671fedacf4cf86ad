import { device, manualSeed, setDevice, setThreads } from 'antinode';
import { answering } from '../peers/answer.mjs';
import { scopedWorkloads } from '../scoped.js';
import type { InPage } from './chromium.js';

/** Starts antinode in a page, on its CPU backend. */
export async function start(threads: number): Promise<InPage> {
  setThreads(threads);
  await setDevice('cpu');
  manualSeed(0);
  return {
    hello: { peer: 'antinode', threads: device.info().threads, note: device.info().description },
    answer: answering('antinode', scopedWorkloads('cpu')),
  };
}
