import { expect, it } from 'vitest';
import { workloads } from '../../bench/workloads/index.js';
import { NanoGPT } from '../../bench/workloads/nanogpt.js';
import { nn, optim, scope, setDeviceSync, tensor } from '../../src/index.js';
import golden from '../golden/nanogpt.json' with { type: 'json' };
import { close } from '../helpers/close.js';
import { filled } from '../helpers/fill.js';

const { key, losses, gradNorms, shapes } = golden.runs[0];
const [batch, context, vocabSize] = [16, 64, 65];

/** The model of the benchmark, filled as its PyTorch peer was, and its batch: each target is the token after. */
function setUp() {
  const model = new NanoGPT();
  for (const [name, p] of model.namedParameters()) {
    const isScale = p.ndim === 1 && name.endsWith('weight');
    const [low, high] = isScale ? [0.5, 1.5] : [-0.1, 0.1];
    p.assign(tensor(filled(p.size, `${key}/${name}`, low, high), { shape: p.shape }));
  }
  const text = Int32Array.from(filled(batch * (context + 1), `${key}/tokens`, 0, 1), (u) => Math.floor(u * vocabSize));
  const rows = tensor(text, { shape: [batch, context + 1] });
  const tokens = rows.slice([null, [0, context]]);
  const targets = rows.slice([null, [1, context + 1]]).reshape([-1]);
  return { model, tokens, targets };
}

it('the GPT of the benchmark has the parameters, gradients and losses of its PyTorch peer', () => {
  setDeviceSync('cpu');
  const { model, tokens, targets } = setUp();
  const parameters = model.namedParameters();
  expect(Object.fromEntries([...parameters].map(([name, p]) => [name, p.shape]))).toEqual(shapes);
  const optimizer = new optim.AdamW(model.parameters());
  const found = losses.map((_, step) =>
    scope(() => {
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(tokens), targets);
      loss.backward();
      if (step === 0) {
        const norms = [...parameters.values()].map((p) => Math.hypot(...p.grad!.dataSync()));
        close(norms, Object.values(gradNorms), 1e-4, 0, { what: 'norms of gradients' });
      }
      optimizer.step();
      return loss.itemSync();
    }),
  );
  close(found, losses, 1e-4, 0, { what: 'losses' });
});

it('the GPT of the benchmark sees no later tokens', () => {
  setDeviceSync('cpu');
  const { model, tokens } = setUp();
  const changed = tokens.dataSync().map((token, i) => (i % context >= 40 ? (token + 1) % vocabSize : token));
  const logitsOf = (t: typeof tokens) => model.forward(t).reshape([batch, context, vocabSize]);
  const [before, after] = [tokens, tensor(changed, { shape: [batch, context] })].map(logitsOf);
  const part = (t: typeof tokens, from: number, to: number) =>
    Array.from(
      t
        .slice([
          [0, 1],
          [from, to],
        ])
        .dataSync(),
    );
  expect(part(after, 0, 40)).toEqual(part(before, 0, 40));
  expect(part(after, 40, 41)).not.toEqual(part(before, 40, 41));
});

it('the workload of the benchmark counts its operations as six per weight and token, and those of attention', () => {
  const workload = workloads.find(({ name }) => name === 'nanogpt-train');
  const matrices = Object.entries(shapes).filter(([name, shape]) => shape.length === 2 && name !== 'positions.weight');
  const weights = matrices.reduce((sum, [, [rows, columns]]) => sum + rows * columns, 0);
  const attention = 4 * 2 * context * 128;
  expect(workload?.flops).toBe(6 * batch * context * (weights + attention));
});
