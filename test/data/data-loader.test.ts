import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataLoader, type DataLoaderState } from '../../src/data/data-loader.js';
import { type Dataset, TensorDataset } from '../../src/data/dataset.js';
import { ValueError } from '../../src/errors.js';
import { keep, scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { defaultGenerator, type Generator, type GeneratorState, manualSeed } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { tensorOf } from '../helpers/tensors.js';

/** Items that are their own indices. */
const indicesUpTo = (length: number): Dataset<number[]> => ({ length, batch: (indices) => Array.from(indices) });

/** Items with a random number each, as augmentation draws them. */
const augmented = (length: number): Dataset<[number, number][]> => ({
  length,
  random: true,
  batch: (indices: Int32Array, generator: Generator) => Array.from(indices, (i) => [i, generator.uniform()]),
});

async function epochOf<B>(loader: DataLoader<B>): Promise<B[]> {
  const batches: B[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

const live = () => memory('reference').tensors;
const columns = () => new TensorDataset(tensorOf([6], [0, 1, 2, 3, 4, 5]));

describe('an epoch of a DataLoader', () => {
  const options = fc.record({ length: fc.integer({ min: 1, max: 60 }), batchSize: fc.integer({ min: 1, max: 70 }) });

  it('covers every item once in batches of the requested size', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.boolean(), fc.nat(), async ({ length, batchSize }, shuffle, seed) => {
        const loader = new DataLoader(indicesUpTo(length), { batchSize, shuffle, seed });
        const batches = await epochOf(loader);
        expect(batches.length).toBe(loader.length);
        expect(batches.slice(0, -1).every((batch) => batch.length === batchSize)).toBe(true);
        const all = batches.flat();
        if (!shuffle) expect(all).toEqual([...all.keys()]);
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  it('leaves out a last batch that is not full with dropLast', async () => {
    await fc.assert(
      fc.asyncProperty(options, async ({ length, batchSize }) => {
        fc.pre(batchSize <= length);
        const loader = new DataLoader(indicesUpTo(length), { batchSize, dropLast: true, shuffle: true, seed: 1 });
        const batches = await epochOf(loader);
        expect(batches.length).toBe(Math.floor(length / batchSize));
        expect(loader.length).toBe(batches.length);
        expect(batches.every((batch) => batch.length === batchSize)).toBe(true);
        expect(new Set(batches.flat()).size).toBe(batches.length * batchSize);
      }),
    );
  });

  it('has its own order, which is the same for the same seed', async () => {
    const orders = async (seed: number) => {
      const loader = new DataLoader(indicesUpTo(50), { batchSize: 50, shuffle: true, seed });
      return [...(await epochOf(loader)), ...(await epochOf(loader))];
    };
    const [first, second] = await orders(3);
    expect(first).not.toEqual(second);
    expect(await orders(3)).toEqual([first, second]);
    expect(await orders(4)).not.toEqual([first, second]);
  });

  it('follows manualSeed without a seed, and draws nothing without randomness', async () => {
    const loader = new DataLoader(augmented(20), { batchSize: 7, shuffle: true });
    manualSeed(5);
    const first = await epochOf(loader);
    manualSeed(5);
    await epochOf(new DataLoader(indicesUpTo(20), { batchSize: 3 }));
    expect(await epochOf(loader)).toEqual(first);
    manualSeed(6);
    expect(await epochOf(loader)).not.toEqual(first);
  });
});

describe('each iteration of a DataLoader', () => {
  it('frees the batch and the tensors made in the body, except those that are kept', async () => {
    const loader = new DataLoader(columns(), { batchSize: 2 });
    const before = live();
    const kept: Tensor[] = [];
    for await (const [x] of loader) {
      expect(live()).toBe(before + 1 + kept.length);
      tensorOf([3], [1, 2, 3]);
      kept.push(keep(tensorOf([1], [x.dataSync()[0]])));
    }
    expect(kept.map((t) => t.itemSync())).toEqual([0, 2, 4]);
    expect(live()).toBe(before + 3);
    for (const t of kept) t.dispose();
    expect(live()).toBe(before);
  });

  it('ends on break, return and throw', async () => {
    const loader = new DataLoader(columns(), { batchSize: 2 });
    const before = live();
    for await (const _ of loader) break;
    expect(live()).toBe(before);
    const leave = async () => {
      for await (const [x] of loader) return x.size;
      return 0;
    };
    expect(await leave()).toBe(2);
    expect(live()).toBe(before);
    const fail = async () => {
      for await (const _ of loader) throw new Error('in the body');
    };
    await expect(fail()).rejects.toThrow('in the body');
    expect(live()).toBe(before);
    scope(() => void tensorOf([1], [1]));
    expect(live()).toBe(before);
  });

  it('ends when the dataset throws', async () => {
    const broken: Dataset<Tensor> = {
      length: 4,
      batch(indices) {
        const t = tensorOf([1], [indices[0]]);
        if (indices[0] === 2) throw new Error('cannot read item 2');
        return t;
      },
    };
    const before = live();
    await expect(epochOf(new DataLoader(broken))).rejects.toThrow('cannot read item 2');
    expect(live()).toBe(before);
  });

  it('may contain another loop', async () => {
    const dataset = columns();
    const before = live();
    const seen: number[] = [];
    for await (const [a] of new DataLoader(dataset, { batchSize: 3 })) {
      for await (const [b] of new DataLoader(dataset, { batchSize: 2 })) {
        seen.push(a.dataSync()[0] * 10 + b.dataSync()[0]);
        if (b.dataSync()[0] === 2) break;
      }
      expect(live()).toBe(before + 1);
      expect(a.dataSync().length).toBe(3);
    }
    expect(seen).toEqual([0, 2, 30, 32]);
    expect(live()).toBe(before);
  });
});

describe('the state of a DataLoader', () => {
  it('continues bit for bit, also after an epoch that ended early', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 4 }), fc.boolean(), async (seed, epochs, early) => {
        const options = { batchSize: 4, shuffle: true, seed };
        const whole = new DataLoader(augmented(10), options);
        for (let epoch = 0; epoch < epochs; epoch++) await epochOf(whole);
        if (early) for await (const _ of whole) break;
        const state = JSON.parse(JSON.stringify(whole.stateDict()));
        const resumed = new DataLoader(augmented(10), { ...options, seed: 99 });
        resumed.loadStateDict(state);
        expect(resumed.epoch).toBe(whole.epoch);
        expect(await epochOf(resumed)).toEqual(await epochOf(whole));
        expect(await epochOf(resumed)).toEqual(await epochOf(whole));
      }),
    );
  });

  it('continues bit for bit from the middle of an epoch, with a seed and without', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(3), fc.boolean(), fc.boolean(), async (seed, cut, shuffle, own) => {
        const make = () => new DataLoader(augmented(10), { batchSize: 3, shuffle, ...(own && { seed }) });
        manualSeed(seed);
        const whole = make();
        const first = await epochOf(whole);
        const second = await epochOf(whole);
        manualSeed(seed);
        const stopped = make();
        let saved: unknown[] = [];
        for await (const _ of stopped) {
          saved = JSON.parse(JSON.stringify([stopped.stateDict(), defaultGenerator.state()]));
          if (stopped.stateDict().current?.position === cut + 1) break;
        }
        expect(stopped.stateDict().current).toBe(null);
        manualSeed(99);
        const resumed = make();
        resumed.loadStateDict(saved[0] as DataLoaderState);
        defaultGenerator.setState(saved[1] as GeneratorState);
        expect(resumed.stateDict()).toEqual(saved[0]);
        expect(await epochOf(resumed)).toEqual(first.slice(cut + 1));
        expect(await epochOf(resumed)).toEqual(second);
        expect(resumed.epoch).toBe(2);
      }),
    );
  });

  it('follows the default generator without a seed', async () => {
    const loader = new DataLoader(augmented(10), { shuffle: true });
    manualSeed(3);
    await epochOf(loader);
    const saved = [loader.stateDict(), defaultGenerator.state()] as const;
    expect(saved[0]).toEqual({ epoch: 1, generator: null, current: null });
    const second = await epochOf(loader);
    defaultGenerator.setState(saved[1]);
    loader.loadStateDict(saved[0]);
    expect(await epochOf(loader)).toEqual(second);
    expect(loader.epoch).toBe(2);
  });

  it('is checked when it is loaded', () => {
    const loader = new DataLoader(indicesUpTo(3), { seed: 1 });
    const state = { epoch: 1, generator: { seed: 1, counter: 0 }, current: null };
    const current = { seed: 1, position: 4, stream: { seed: 1, counter: 0 } };
    expect(() => loader.loadStateDict({ ...state, current })).toThrow(/^DataLoader: .* position from 0 to 3, got 4$/);
    const stream = { seed: 1, counter: -1 };
    expect(() => loader.loadStateDict({ ...state, current: { ...current, position: 1, stream } })).toThrow(ValueError);
    expect(() => loader.loadStateDict({ epoch: -1, generator: null, current: null })).toThrow(/an epoch >= 0, got -1/);
    expect(() => loader.loadStateDict({ epoch: 1, generator: null, current: null })).toThrow(
      /a loader with a seed, got one without/,
    );
    expect(() => loader.loadStateDict({ ...state, generator: { seed: 1, counter: -1 } })).toThrow(ValueError);
    expect(loader.epoch).toBe(0);
  });
});

describe('a DataLoader', () => {
  it.each([0, -1, 1.5, Number.NaN])('rejects the batch size %s', (batchSize) => {
    expect(() => new DataLoader(indicesUpTo(3), { batchSize })).toThrow(
      `DataLoader: expected option batchSize to be an integer >= 1, got ${batchSize}`,
    );
  });

  it('rejects datasets that yield no batch, and invalid options', () => {
    expect(() => new DataLoader(indicesUpTo(0))).toThrow('DataLoader: expected a dataset of at least 1 items, got 0');
    expect(() => new DataLoader(indicesUpTo(3), { batchSize: 4, dropLast: true })).toThrow(
      'DataLoader: expected a dataset of at least 4 items (batchSize 4 with dropLast), got 3',
    );
    expect(() => new DataLoader(indicesUpTo(3), { batchsize: 2 } as object)).toThrow(/got 'batchsize'/);
    expect(() => new DataLoader(indicesUpTo(3), { seed: -1 })).toThrow(ValueError);
  });
});

describe('a loader of a dataset that prepares batches ahead', () => {
  /** Items with random numbers, whose batches take a while; records what happens. */
  const prepared = (length: number) => {
    const events: string[] = [];
    let running = 0;
    let most = 0;
    const dataset: Dataset<[number, number][]> = {
      ...augmented(length),
      prefetcher(workers) {
        events.push(`open ${workers}`);
        return {
          prepare: async (indices, generator) => {
            most = Math.max(most, ++running);
            const batch = Array.from(indices, (i): [number, number] => [i, generator.uniform()]);
            await new Promise((done) => setTimeout(done, batch.length % 3));
            if (indices.includes(13)) throw new RangeError('thirteen');
            return () => {
              running--;
              return batch;
            };
          },
          close: () => events.push('close'),
        };
      },
    };
    return { dataset, events, most: () => most };
  };

  it('yields the same as without, and prepares no more than wanted', async () => {
    const numbers = { batchSize: fc.integer({ min: 1, max: 5 }), prefetch: fc.integer({ min: 0, max: 4 }) };
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...numbers, seed: fc.nat() }),
        fc.integer({ min: 1, max: 12 }),
        async (options, n) => {
          const { dataset, events, most } = prepared(n);
          const loader = new DataLoader(dataset, { ...options, shuffle: true, workers: 3 });
          const plain = new DataLoader(augmented(n), { ...options, shuffle: true });
          expect(await epochOf(loader)).toEqual(await epochOf(plain));
          expect(await epochOf(loader)).toEqual(await epochOf(plain));
          expect(events).toEqual(['open 3', 'close', 'open 3', 'close']);
          expect(most()).toBeLessThanOrEqual(options.prefetch + 1);
          if (n > 4 * options.batchSize && options.prefetch === 2) expect(most()).toBe(3);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has the state after the batch of the body, not after those ahead', async () => {
    const { dataset } = prepared(12);
    const options = { batchSize: 2, shuffle: true, seed: 5 };
    const states: DataLoaderState[] = [];
    const loader = new DataLoader(dataset, { ...options, prefetch: 3 });
    for await (const _ of loader) states.push(loader.stateDict());
    const plain = new DataLoader(augmented(12), options);
    let i = 0;
    for await (const _ of plain) expect(states[i++]).toEqual(plain.stateDict());
    expect(i).toBe(6);
  });

  it('throws an error when the loop comes to it, and closes', async () => {
    const { dataset, events } = prepared(20);
    let batches = 0;
    const run = async () => {
      for await (const _ of new DataLoader(dataset, { batchSize: 2, prefetch: 9 })) batches++;
    };
    await expect(run()).rejects.toThrow(new RangeError('thirteen'));
    expect([batches, events]).toEqual([6, ['open undefined', 'close']]);
    for await (const _ of new DataLoader(dataset, { workers: 0 })) break;
    expect(events.length).toBe(2);
    for await (const _ of new DataLoader(dataset)) break;
    expect(events.slice(2)).toEqual(['open undefined', 'close']);
    for (const wrong of [{ workers: -1 }, { prefetch: 1.5 }]) {
      expect(() => new DataLoader(dataset, wrong)).toThrow(ValueError);
    }
  });
});
