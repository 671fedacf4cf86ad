import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BpttBatch, BpttLoader, batchify } from '../../src/data/text/bptt-loader.js';
import { ValueError } from '../../src/errors.js';
import { keep } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import '../helpers/reference.js';

/** The numbers of a window: the rows of the input, and the target as one row. */
type Window = { readonly input: number[][]; readonly target: number[] };

function windowOf({ input, target }: BpttBatch): Window {
  const [steps, batch] = input.shape;
  const flat = Array.from(input.dataSync());
  expect([input.dtype, target.dtype, target.shape]).toEqual(['int32', 'int32', [steps * batch]]);
  const rows = Array.from({ length: steps }, (_, t) => flat.slice(t * batch, (t + 1) * batch));
  return { input: rows, target: Array.from(target.dataSync()) };
}

async function epochOf(loader: BpttLoader): Promise<Window[]> {
  const windows: Window[] = [];
  for await (const batch of loader) windows.push(windowOf(batch));
  return windows;
}

const shapes = fc
  .record({ batchSize: fc.integer({ min: 1, max: 6 }), bptt: fc.integer({ min: 1, max: 9 }), extra: fc.nat(60) })
  .map(({ batchSize, bptt, extra }) => ({ batchSize, bptt, words: 2 * batchSize + extra }));

describe('BpttLoader', () => {
  it('reads every column from start to end, with the next input as the target', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ batchSize, bptt, words }) => {
        const loader = new BpttLoader(
          Int32Array.from({ length: words }, (_, i) => i),
          { batchSize, bptt },
        );
        const windows = await epochOf(loader);
        const length = Math.floor(words / batchSize);
        expect(windows).toHaveLength(loader.length);
        expect(windows.slice(0, -1).every(({ input }) => input.length === bptt)).toBe(true);
        const rows = windows.flatMap(({ input }) => input);
        expect(rows).toEqual(
          Array.from({ length: length - 1 }, (_, t) => Array.from({ length: batchSize }, (_, b) => b * length + t)),
        );
        expect(windows.flatMap(({ target }) => target)).toEqual(rows.flat().map((i) => i + 1));
      }),
      { numRuns: 60 },
    );
  });

  it('continues from a saved position, and starts over after that', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.nat(), async ({ batchSize, bptt, words }, at) => {
        const make = () =>
          new BpttLoader(
            Array.from({ length: words }, (_, i) => i),
            { batchSize, bptt },
          );
        const whole = await epochOf(make());
        const cut = at % whole.length;
        const stopped = make();
        let state = stopped.stateDict();
        for await (const _ of stopped) {
          state = JSON.parse(JSON.stringify(stopped.stateDict()));
          if (state.position > cut) break;
        }
        expect(stopped.position).toBe(0);
        const resumed = make();
        resumed.loadStateDict(state);
        expect(await epochOf(resumed)).toEqual(whole.slice(cut + 1));
        expect(resumed.position).toBe(0);
        expect(await epochOf(resumed)).toEqual(whole);
      }),
      { numRuns: 40 },
    );
  });

  it('frees each window when the loop advances or ends', async () => {
    const before = memory('reference').tensors;
    const loader = new BpttLoader(new Int32Array(50), { batchSize: 2, bptt: 5 });
    const live: number[] = [];
    for await (const { input } of loader) {
      live.push(memory('reference').tensors);
      if (live.length === 4) keep(input);
      if (live.length === 4) break;
    }
    expect(live).toEqual(live.map(() => before + 2));
    expect(memory('reference').tensors).toBe(before + 1);
  });

  it('rejects a batch larger than the text, and invalid sizes, options and states', () => {
    const words = new Int32Array(9);
    const make = (options: object) => () => new BpttLoader(words, options);
    expect(make({ batchSize: 5 })).toThrow(ValueError);
    expect(make({ batchSize: 5 })).toThrow(
      /^BpttLoader: expected at least 2 words for each of 5 columns, got 9 in all$/,
    );
    expect(make({ batchSize: 0 })).toThrow(/expected option batchSize to be an integer >= 1, got 0$/);
    expect(make({ batchSize: 1, bptt: 1.5 })).toThrow(/expected option bptt to be an integer >= 1, got 1.5$/);
    expect(make({ steps: 3 })).toThrow(/got 'steps'$/);
    expect(() => batchify(words, 10)).toThrow(/^batchify: expected at least one word for each of 10 columns/);
    expect(Array.from(batchify([0, 1, 2, 3, 4], 2).dataSync())).toEqual([0, 2, 1, 3]);
    const loader = make({ batchSize: 2, bptt: 2 })();
    expect(() => loader.loadStateDict({ position: 0, length: 7 })).toThrow(/a loader of 2 windows, got one of 7$/);
    expect(() => loader.loadStateDict({ position: 3, length: 2 })).toThrow(/position from 0 to 2, got 3$/);
  });
});
