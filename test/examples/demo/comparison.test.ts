import { afterEach, describe, expect, it } from 'vitest';
import type { Report, Settings, Stepped, Tested } from '../../../examples/demo/protocol.js';
import { Comparison } from '../../../examples/demo/worker/comparison.js';
import { Gate, Stopped } from '../../../examples/demo/worker/gate.js';
import { io, memory, setDevice } from '../../../src/index.js';
import { barSet } from './images.js';

afterEach(() => setDevice('cpu'));

/** Trains until a step or a report. Returns all reports and the exported weights of both sides. */
async function compare(
  sides: Settings['sides'],
  last: number | ((report: Report) => boolean),
  device: Settings['device'] = 'cpu',
) {
  const comparison = await Comparison.begin({ device, batchSize: 16, sides }, barSet);
  const gate = new Gate();
  const reports: Report[] = [comparison.describe()];
  const report = (made: Report) => {
    reports.push(made);
    if (typeof last === 'number' ? made.kind === 'step' && made.step === last : last(made)) gate.stop();
  };
  await expect(comparison.train(gate, report)).rejects.toThrow(Stopped);
  const files = [await comparison.export(0), await comparison.export(1)];
  comparison.dispose();
  const stepped = reports.filter((made): made is Stepped => made.kind === 'step');
  const tested = reports.filter((made): made is Tested => made.kind === 'test');
  return { reports, files, stepped, tested };
}

const sgd = { optimizer: 'sgd', lr: 0.02 };
const pnm = { optimizer: 'pnm', lr: 0.2 };

describe('a comparison of the demo', () => {
  it('trains equal sides identically, bit for bit, on the same batches', async () => {
    const { stepped, tested, files } = await compare([pnm, pnm], 6);
    expect(stepped.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { losses } of stepped) expect(losses[0]).toBe(losses[1]);
    for (const { accuracies, guesses } of tested) {
      expect(accuracies[0]).toBe(accuracies[1]);
      expect(guesses[0]).toEqual(guesses[1]);
    }
    expect(Buffer.compare(files[0].bytes, files[1].bytes)).toBe(0);
  });

  it('trains each side independently of the other', async () => {
    const one = await compare([sgd, pnm], 8);
    const other = await compare([pnm, { optimizer: 'adam', lr: 0.01 }], 8);
    expect(one.stepped.map(({ losses }) => losses[1])).toEqual(other.stepped.map(({ losses }) => losses[0]));
    expect(one.stepped[0].losses[0]).toBe(one.stepped[0].losses[1]);
    expect(one.stepped[7].losses[0]).not.toBe(one.stepped[7].losses[1]);
  });

  it('learns over several epochs and reports the accuracy', async () => {
    // When tests are due depends on the clock.
    const lateTest = (report: Report) => report.kind === 'test' && report.step >= 70;
    const { stepped, tested, reports } = await compare([sgd, pnm], lateTest);
    expect(reports[0]).toMatchObject({ kind: 'begun', parameters: 9146 });
    for (const side of [0, 1] as const) {
      expect(stepped[69].losses[side]).toBeLessThan(0.2 * stepped[0].losses[side]);
      expect(stepped[69].seconds[side]).toBeGreaterThan(0);
    }
    expect(tested.length).toBeGreaterThan(1);
    for (const { count, guesses, accuracies } of tested) {
      expect(count).toBe(100);
      expect(guesses.map(({ length }) => length)).toEqual([24, 24]);
      for (const share of accuracies) expect(share >= 0 && share <= 1).toBe(true);
    }
    const { guesses, accuracies } = tested[tested.length - 1];
    expect(Math.min(...accuracies)).toBeGreaterThan(0.9);
    const right = guesses[0].filter((guess, i) => guess === barSet.test.labels[i]).length;
    expect(right).toBeGreaterThan(20);
  });

  it('frees everything, and uses no more memory after many steps than after few', async () => {
    const before = memory('cpu');
    const { stepped } = await compare([sgd, { optimizer: 'adapnm', lr: 1e-3 }], 40);
    expect(stepped[39].bytes).toBe(stepped[2].bytes);
    await expect(compare([sgd, { optimizer: 'pnm', lr: -1 }], 1)).rejects.toThrow(/lr/);
    const { tensors, bytes } = memory('cpu');
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });

  it('exports weights that loadSafetensors reads, with metadata', async () => {
    const { files } = await compare([sgd, pnm], 3);
    expect(files.map(({ name }) => name)).toEqual(['mnist-sgd-step-3.safetensors', 'mnist-pnm-step-3.safetensors']);
    const weights = await io.loadSafetensors(files[1].bytes);
    expect(weights.metadata).toEqual({ data: 'MNIST', optimizer: 'pnm', lr: '0.2', steps: '3' });
    expect(Object.fromEntries([...weights].map(([name, { shape }]) => [name, shape]))).toMatchObject({
      '0.weight': [8, 1, 3, 3],
      '1.running_mean': [8],
      '4.weight': [16, 8, 3, 3],
      '9.weight': [10, 784],
      '9.bias': [10],
    });
    for (const weight of weights.values()) weight.dispose();
  });

  it('reports why a device does not start', async () => {
    await expect(compare([sgd, pnm], 1, 'gpu:webgl2')).rejects.toThrow(/gpu: expected WebGL 2/);
  });
});
