import { describe, expect, it } from 'vitest';
import { Gate, Stopped } from '../../../examples/demo/worker/gate.js';

const soon = () => new Promise((resolve) => setTimeout(resolve, 10));

describe('the gate between steps of the demo', () => {
  it('lets other tasks run at every pass', async () => {
    const gate = new Gate();
    let ticked = false;
    setTimeout(() => {
      ticked = true;
    }, 0);
    while (!ticked) await gate.pass();
    expect(ticked).toBe(true);
  });

  it('blocks while paused, runs jobs meanwhile, and opens again', async () => {
    const gate = new Gate();
    const seen: string[] = [];
    gate.pause();
    gate.between(async () => void seen.push('first'));
    const passing = gate.pass().then(() => seen.push('passed'));
    await soon();
    expect(seen).toEqual(['first']);
    gate.between(async () => void seen.push('second'));
    await soon();
    expect(seen).toEqual(['first', 'second']);
    gate.resume();
    await passing;
    expect(seen).toEqual(['first', 'second', 'passed']);
  });

  it('throws once stopped, paused or not', async () => {
    for (const paused of [false, true]) {
      const gate = new Gate();
      if (paused) gate.pause();
      const passing = gate.pass();
      gate.stop();
      await expect(passing).rejects.toThrow(Stopped);
      await expect(gate.pass()).rejects.toThrow(Stopped);
    }
  });

  it('rethrows the error of a job', async () => {
    const gate = new Gate();
    gate.between(() => Promise.reject(new Error('full')));
    await expect(gate.pass()).rejects.toThrow('full');
  });
});
