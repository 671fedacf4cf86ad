import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { keep, scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { tensorOf } from '../helpers/tensors.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Lets the collector run until `done`, because finalizers run in separate tasks some time after a collection. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it('frees unreachable tensors made outside scopes', async () => {
  const { tensors, bytes } = memory();
  for (let i = 0; i < 20; i++) tensorOf([100], new Array(100).fill(i));
  for (let i = 0; i < 20; i++) scope(() => keep(tensorOf([100], new Array(100).fill(i))));
  for (let i = 0; i < 20; i++) scope(() => tensorOf([100], new Array(100).fill(i)));
  const seen = tensorOf([3], [1, 2, 3]);
  expect(memory()).toMatchObject({ tensors: tensors + 61, bytes: bytes + 60 * 400 + 12 });
  await collectUntil(() => memory().tensors === tensors + 1);
  expect(memory()).toMatchObject({ tensors: tensors + 1, bytes: bytes + 12 });
  expect(Array.from(seen.dataSync())).toEqual([1, 2, 3]);
  seen.dispose();
});

it('does not free disposed tensors again', async () => {
  const { tensors, bytes } = memory();
  const [disposed, lost] = [tensorOf, tensorOf].map((make) => new WeakRef(make([10], new Array(10).fill(0))));
  disposed.deref()?.dispose();
  expect(memory()).toMatchObject({ tensors: tensors + 1, bytes: bytes + 40 });
  await collectUntil(() => memory().tensors <= tensors && disposed.deref() === undefined);
  expect([disposed.deref(), lost.deref()]).toEqual([undefined, undefined]);
  expect(memory()).toMatchObject({ tensors, bytes });
});
