import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  data,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  scope,
  setDeviceSync,
  type Tensor,
  tensor,
  withSeed,
} from '../../src/index.js';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Trains a small network with dropout on its own data, awaiting in every step; returns the bits of its weights. */
function train(seed: number, wait: (step: number) => Promise<unknown>): Promise<string> {
  return withSeed(seed, async () => {
    const dataset = new data.TensorDataset({ x: rand([24, 6]), y: rand([24, 1]) });
    const loader = new data.DataLoader(dataset, { batchSize: 8, shuffle: true });
    const net = new nn.Sequential(new nn.Linear(6, 8), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(8, 1));
    const optimizer = new optim.PNM(net.parameters(), { lr: 0.1 });
    let step = 0;
    for (let epoch = 0; epoch < 3; epoch++) {
      for await (const { x, y } of loader) {
        await wait(step++);
        optimizer.zeroGrad();
        const loss = nn.functional.mseLoss(net.forward(x), y);
        await wait(step++);
        loss.backward();
        await wait(step++);
        optimizer.step();
        expect(Number.isFinite(await loss.item())).toBe(true);
      }
      net.eval();
      const score = await noGrad(async () => {
        await wait(step++);
        return net
          .forward(rand([2, 6]))
          .sum()
          .item();
      });
      expect(Number.isFinite(score)).toBe(true);
      net.train();
    }
    const values = await Promise.all(net.parameters().map((p) => p.data()));
    net.dispose();
    return Buffer.concat(values.map((v) => Buffer.from(v.buffer, v.byteOffset, v.byteLength))).toString('base64');
  });
}

describe('asynchronous tasks', () => {
  it('compute the same bits as each does alone: ten trainings and a server of a hundred requests', async () => {
    setDeviceSync('cpu');
    const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
    const alone: string[] = [];
    for (const seed of seeds) alone.push(await train(seed, async () => {}));

    const model = withSeed(99, () => new nn.Sequential(new nn.Linear(4, 4), new nn.Tanh(), new nn.Linear(4, 1)));
    const answer = (n: number) =>
      noGrad(async () => {
        const x = tensor([[n, 1, -n / 2, 0.5]]);
        await pause(n % 3);
        const hidden = model.forward(x);
        await pause(n % 2);
        return hidden.sum().item();
      });
    const requests = Array.from({ length: 100 }, (_, i) => i);
    const expected: number[] = [];
    for (const n of requests) expected.push(await answer(n));

    const server = http.createServer((request, response) => {
      void answer(Number(request.url?.slice(1))).then((y) => response.end(String(y)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = async (n: number) => Number(await (await fetch(`http://127.0.0.1:${port}/${n}`)).text());
    try {
      const together = seeds.map((seed) => train(seed, (step) => pause((seed + step) % 3)));
      const answers = await Promise.all(requests.map(ask));
      expect(await Promise.all(together)).toEqual(alone);
      expect(answers).toEqual(expected);
    } finally {
      server.close();
    }
  });

  it('keep their own mode while another task runs without recording', async () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const other = noGrad(async () => {
      await pause(5);
      return w.mul(2).requiresGrad;
    });
    expect(w.mul(2).requiresGrad).toBe(true);
    await pause(1);
    expect(w.mul(2).requiresGrad).toBe(true);
    expect(await other).toBe(false);
  });

  it('own the tensors that they make while a loop that they started runs', async () => {
    const loader = new data.DataLoader(new data.TensorDataset({ x: ones([4, 1]) }), { batchSize: 1 });
    const loop = async (seen: Tensor[]) => {
      for await (const { x } of loader) {
        await pause(2);
        seen.push(x.mul(2));
      }
      return ones([1]);
    };
    const ofLoop: Tensor[] = [];
    const running = loop(ofLoop);
    const own = [ones([1])];
    await pause(3);
    own.push(ones([1]));
    const after = await running;
    own.push(ones([1]));
    expect(own.map((t) => t.released)).toEqual([false, false, false]);
    expect(ofLoop.map((t) => t.released)).toEqual([true, true, true, true]);
    expect(after.released).toBe(false);
  });

  it('run nested loops, and loops through generators, in scopes of their own', async () => {
    const loader = new data.DataLoader(new data.TensorDataset({ x: ones([3, 1]) }), { batchSize: 1 });
    async function* doubled() {
      for await (const { x } of loader) yield x.mul(2);
    }
    const before = memory().tensors;
    const kept: Tensor[] = [];
    await scope(async () => {
      for await (const { x } of loader) {
        const outer = x.add(1);
        for await (const y of doubled()) {
          expect([x.released, outer.released, y.released]).toEqual([false, false, false]);
          kept.push(y);
        }
        expect(outer.released).toBe(false);
        kept.push(outer);
      }
    });
    expect(kept.every((t) => t.released)).toBe(true);
    expect(memory().tensors).toBe(before);
  });

  it('own nothing for a batch taken manually from an iterator', async () => {
    const loader = new data.DataLoader(new data.TensorDataset({ x: ones([3, 1]) }), { batchSize: 1 });
    const first = await loader[Symbol.asyncIterator]().next();
    const batch = first.value as { x: Tensor };
    const made = batch.x.mul(3);
    for await (const _ of loader) await pause(0);
    expect([batch.x.released, made.released]).toEqual([false, false]);
  });
});
