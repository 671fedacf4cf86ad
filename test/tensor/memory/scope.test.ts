import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReleasedError } from '../../../src/errors.js';
import { keep, scope } from '../../../src/tensor/memory/scope.js';
import { memory } from '../../../src/tensor/memory/storage.js';
import { alias } from '../../../src/tensor/run.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { tensorOf } from '../../helpers/tensors.js';

const make = (n = 1) => tensorOf([n], new Array(n).fill(n));
let before: number;

beforeEach(() => {
  before = memory().tensors;
});

afterEach(() => {
  expect(memory().tensors, 'tensors left over').toBe(before);
});

describe('scope', () => {
  it('frees tensors made inside', () => {
    let inner: Tensor | undefined;
    const result = scope(() => {
      inner = make();
      expect(memory().tensors).toBe(before + 1);
      return 7;
    });
    expect([result, inner?.released, memory().tensors]).toEqual([7, true, before]);
  });

  it('does not free tensors made outside', () => {
    const outer = make();
    scope(() => expect(outer.released).toBe(false));
    expect(outer.itemSync()).toBe(1);
    outer.dispose();
  });

  it('passes survivors to the enclosing scope', () => {
    scope(() => {
      const outer: Tensor[] = [];
      const survivor = scope(() => {
        outer.push(make(2));
        return scope(() => {
          outer.push(make(3));
          return make(4);
        });
      });
      expect([survivor, ...outer].map((t) => t.released)).toEqual([false, true, true]);
      expect(memory().tensors).toBe(before + 1);
    });
  });

  it('finds survivors in arrays, objects, maps and sets, however deeply nested', () => {
    scope(() => {
      const loop: { self?: unknown; t: Tensor } = { t: make() };
      const result = scope(() => {
        loop.self = loop;
        make();
        return {
          one: make(),
          many: [make(), [make(), null, 3, 'text']],
          map: new Map([['a', { deep: make() }]]),
          set: new Set([make()]),
          loop,
          bare: Object.freeze([make()]),
        };
      });
      const tensors = [
        result.one,
        result.many[0],
        result.map.get('a')?.deep,
        [...result.set][0],
        result.bare[0],
        loop.t,
      ];
      expect(tensors.map((t) => (t as Tensor).released)).toEqual(new Array(6).fill(false));
      expect(memory().tensors).toBe(before + 7);
    });
  });

  it('does not search instances of classes for survivors', () => {
    class Holder {
      readonly t = make();
    }
    expect(scope(() => new Holder()).t.released).toBe(true);
  });

  it('frees everything when the body throws', () => {
    let t: Tensor | undefined;
    const body = () => {
      t = make();
      throw new Error('out of luck');
    };
    expect(() => scope(body)).toThrow('out of luck');
    expect(t?.released).toBe(true);
  });

  it('ends when an asynchronous body ends', async () => {
    const inside: Tensor[] = [];
    const survivor = await scope(async () => {
      inside.push(make());
      await Promise.resolve();
      inside.push(make());
      expect(inside.map((t) => t.released)).toEqual([false, false]);
      return make();
    });
    expect([...inside, survivor].map((t) => t.released)).toEqual([true, true, false]);
    survivor.dispose();
    const failing = scope(async () => {
      inside.push(make());
      await Promise.resolve();
      throw new Error('out of luck');
    });
    await expect(failing).rejects.toThrow('out of luck');
    expect(inside.at(-1)?.released).toBe(true);
  });

  it('passes survivors to the innermost scope that is still open', async () => {
    const made: Tensor[] = [];
    let late: Promise<Tensor> | undefined;
    await scope(async () => {
      late = scope(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        made.push(make());
        return make();
      });
      made.push(make());
    });
    const survivor = (await late) as Tensor;
    expect([...made, survivor].map((t) => t.released)).toEqual([true, true, false]);
    survivor.dispose();
  });

  it('stays small while tensors are made and disposed', () => {
    scope(() => {
      for (let i = 0; i < 5000; i++) make().dispose();
      const held = Array.from({ length: 3000 }, () => make());
      expect(memory().tensors).toBe(before + 3000);
      expect(held.every((t) => !t.released)).toBe(true);
    });
  });
});

describe('keep', () => {
  it('lets a tensor outlive every scope', () => {
    const kept = scope(() => scope(() => [keep(keep(make()))].length && { t: keep(make()) })) as { t: Tensor };
    expect(kept.t.released).toBe(false);
    expect(memory().tensors).toBe(before + 2);
    kept.t.dispose();
    expect(memory().tensors).toBe(before + 1);
    before += 1; // the other one is the collector's
  });
});

describe('memory that is shared', () => {
  it('lives as long as one of its tensors', () => {
    const bytes = memory().bytes;
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const y = alias('reshape', x, [6]);
    expect(memory()).toMatchObject({ tensors: before + 2, bytes: bytes + 24 });
    x.dispose();
    expect(memory()).toMatchObject({ tensors: before + 1, bytes: bytes + 24 });
    expect(Array.from(y.dataSync())).toEqual([1, 2, 3, 4, 5, 6]);
    y.dispose();
    expect(memory()).toMatchObject({ tensors: before, bytes });
  });

  it('survives with an alias that leaves the scope', () => {
    const y = scope(() => alias('reshape', tensorOf([4], [1, 2, 3, 4]), [2, 2]));
    expect(Array.from(y.dataSync())).toEqual([1, 2, 3, 4]);
    y.dispose();
  });
});

describe('a freed tensor', () => {
  it('throws ReleasedError that names the operation that made it', async () => {
    const y = scope(() => ({ hidden: new WeakRef(alias('reshape', make(2), [2, 1])) })).hidden.deref() as Tensor;
    expect(() => y.dataSync()).toThrow(ReleasedError);
    expect(() => y.handle).toThrow('reshape: this tensor (2, 1) was freed; keep(t) lets a tensor outlive its scope');
    await expect(y.data()).rejects.toThrow(ReleasedError);
    expect(() => alias('flatten', y, [2])).toThrow(ReleasedError);
    expect(y.toString()).toBe('tensor(freed, (2, 1) float32)');
  });

  it('may be disposed again', () => {
    const t = make();
    t.dispose();
    t.dispose();
    t[Symbol.dispose]();
    expect(memory().tensors).toBe(before);
  });
});
