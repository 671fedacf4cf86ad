import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { nodesBehind } from '../../src/autograd/graph.js';
import {
  data,
  defaultGenerator,
  io,
  manualSeed,
  memory,
  nn,
  optim,
  randint,
  randn,
  scope,
  setDeviceSync,
  stack,
  type Tensor,
  tensor,
} from '../../src/index.js';
import lmGolden from '../golden/language-model.json' with { type: 'json' };
import golden from '../golden/recurrent.json' with { type: 'json' };
import { close } from '../helpers/close.js';
import { filled } from '../helpers/fill.js';

const devices = ['reference', 'cpu'];
const values = (t: Tensor) => Array.from(t.dataSync());
const numel = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** A tensor filled with the numbers of golden files. */
function given(shape: readonly number[], name: string, { grad = false, limit = 1 } = {}): Tensor {
  return tensor(filled(numel(shape), name, -limit, limit), { shape, requiresGrad: grad });
}

/** Fills every parameter of a module with the numbers for its name. */
function fill(module: nn.Module, key: string, limit = 1): void {
  for (const [name, p] of module.namedParameters()) p.assign(given(p.shape, `${key}/${name}`, { limit }));
}

type AnyRecurrent = nn.LSTM | nn.GRU | nn.RNN;

/** y and the last states, as a flat list. */
function run(layer: AnyRecurrent, x: Tensor, states: readonly Tensor[]): Tensor[] {
  const state = layer instanceof nn.LSTM ? (states as [Tensor, Tensor]) : states[0];
  return (layer.forward(x, (states.length > 0 ? state : undefined) as never) as [Tensor, Tensor | Tensor[]]).flat();
}

const classes = { lstm: nn.LSTM, gru: nn.GRU, rnn: nn.RNN };
type Kind = keyof typeof classes;

afterEach(() => setDeviceSync('reference'));

describe.each(devices)('recurrent layers on %s', (device) => {
  for (const { kind, key, sizes, options, state, outputs, grads } of golden.cases) {
    it(`${kind} ${JSON.stringify(options)} ${state ? 'with' : 'without'} a state agrees with PyTorch`, () => {
      setDeviceSync(device);
      const [steps, batch, inputs, hidden] = sizes;
      const layer = new classes[kind as Kind](inputs, hidden, options as nn.RecurrentOptions);
      fill(layer, key);
      const x = given(layer.batchFirst ? [batch, steps, inputs] : [steps, batch, inputs], `${key}/x`, { grad: true });
      const layers = layer.numLayers * (layer.bidirectional ? 2 : 1);
      const names = kind === 'lstm' ? ['h0', 'c0'] : ['h0'];
      const states = state ? names.map((n) => given([layers, batch, hidden], `${key}/${n}`, { grad: true })) : [];
      const results = run(layer, x, states);
      results.forEach((y, q) => {
        close(values(y), outputs[q], 1e-5, 1e-6, { what: `output ${q}`, shape: y.shape });
      });
      const losses = results.map((y, q) => y.mul(given(y.shape, `${key}/dy${q}`)).sum());
      losses.reduce((a, b) => a.add(b)).backward();
      const leaves = new Map<string, Tensor>([['x', x], ...layer.namedParameters()]);
      states.forEach((s, i) => {
        leaves.set(names[i], s);
      });
      expect([...leaves.keys()].sort()).toEqual(Object.keys(grads).sort());
      for (const [name, expected] of Object.entries(grads as Record<string, number[]>)) {
        const grad = leaves.get(name)?.grad as Tensor;
        close(values(grad), expected, 1e-5, 5e-6, { what: `gradient of ${name}`, shape: grad.shape });
      }
    });
  }

  for (const { optimizer: name, options, key, losses, gradNorms } of lmGolden.runs) {
    it(`the language model agrees with PyTorch over ten windows with ${name}`, async () => {
      setDeviceSync(device);
      const model = nn.models.lstmLanguageModel({ vocabSize: 50, embeddingSize: 12, hiddenSize: 16, dropout: 0 });
      fill(model, key, 0.3);
      const tokens = Int32Array.from(filled(324, `${key}/tokens`, 0, 1), (u) => Math.floor(u * 50));
      const optimizer = optim.create(name, model.parameters(), options);
      let state: [Tensor, Tensor] | undefined;
      for (let window = 0; window < 10; window++) {
        const at = 32 * window;
        const input = tensor(tokens.slice(at, at + 32), { shape: [8, 4] });
        const target = tensor(tokens.slice(at + 4, at + 36));
        const [logits, next] = model.forward(input, state);
        const loss = nn.functional.crossEntropy(logits.reshape([32, 50]), target);
        optimizer.zeroGrad();
        loss.backward();
        const norm = await optim.clipGradNorm(model.parameters(), 0.25);
        optimizer.step();
        state = nn.carryState(next, state);
        const tolerance = window === 0 ? 1e-5 : 1e-4;
        close([loss.itemSync()], [losses[window]], tolerance, 0, { what: `loss ${window}` });
        const total = typeof norm === 'number' ? norm : (norm as Tensor).itemSync();
        close([total], [gradNorms[window]], window === 0 ? 1e-5 : 1e-4, 0, { what: `norm ${window}` });
      }
    });
  }
});

const size = (max: number) => fc.integer({ min: 1, max });
const shapes = fc.record({
  kind: fc.constantFrom<Kind>('lstm', 'gru', 'rnn'),
  steps: size(6),
  batch: size(5),
  inputs: size(9),
  hidden: size(17),
  numLayers: size(3),
  bias: fc.boolean(),
  batchFirst: fc.boolean(),
  bidirectional: fc.boolean(),
  state: fc.boolean(),
  seed: fc.nat(),
});

/** A case where two of twelve gradients in float32 and float64 differ by 2.3e-5 of the largest. */
const amplifying = {
  kind: 'rnn',
  steps: 6,
  batch: 2,
  inputs: 1,
  hidden: 15,
  numLayers: 3,
  bias: false,
  batchFirst: false,
  bidirectional: true,
  state: false,
  seed: 28,
} as const;

describe('recurrent layers', () => {
  it('agree on cpu and reference, forward and backward, for any sizes and options', () => {
    fc.assert(
      fc.property(shapes, ({ kind, steps, batch, inputs, hidden, state, seed, ...options }) => {
        const [expected, actual] = devices.map((device) => {
          setDeviceSync(device);
          const key = String(seed);
          const layer = new classes[kind](inputs, hidden, options);
          fill(layer, key);
          const x = given(options.batchFirst ? [batch, steps, inputs] : [steps, batch, inputs], `${key}/x`, {
            grad: true,
          });
          const layers = options.numLayers * (options.bidirectional ? 2 : 1);
          const count = !state ? 0 : kind === 'lstm' ? 2 : 1;
          const states = Array.from({ length: count }, (_, i) =>
            given([layers, batch, hidden], `${key}/s${i}`, { grad: true }),
          );
          const results = run(layer, x, states);
          results
            .map((y, q) => y.mul(given(y.shape, `${key}/dy${q}`)).sum())
            .reduce((a, b) => a.add(b))
            .backward();
          const grads = [x, ...states, ...layer.parameters()].map((t) => t.grad as Tensor);
          return [...results, ...grads].map(values);
        });
        expected.forEach((list, i) => {
          const largest = Math.max(1, ...list.map(Math.abs));
          // gradients through three layers and many steps amplify float32 rounding a few hundred times
          close(actual[i], list, 0, 1e-4 * largest);
        });
      }),
      { numRuns: 60, examples: [[amplifying]] },
    );
  });

  it('carry their state: the parts of a sequence in order equal the whole', () => {
    fc.assert(
      fc.property(shapes, fc.nat(6), ({ kind, steps, batch, inputs, hidden, numLayers, bias }, at) => {
        const cut = Math.min(at, steps - 1);
        fc.pre(cut > 0);
        setDeviceSync('cpu');
        const layer = new classes[kind](inputs, hidden, { numLayers, bias });
        const x = randn([steps, batch, inputs]);
        const whole = run(layer, x, []);
        const first = run(layer, x.slice([[0, cut]]), []);
        const second = run(layer, x.slice([[cut, null]]), first.slice(1));
        close([...values(first[0]), ...values(second[0])], values(whole[0]), 1e-5, 1e-6);
        second.slice(1).forEach((s, i) => {
          close(values(s), values(whole[i + 1]), 1e-5, 1e-6);
        });
      }),
      { numRuns: 30 },
    );
  });

  it.each(Object.entries(classes))('record as many operations for many steps as for one: %s', (_, Layer) => {
    const layer = new Layer(3, 4, { numLayers: 2, dropout: 0.5 });
    const recorded = (steps: number) => {
      const y = layer.forward(randn([steps, 2, 3]))[0];
      return nodesBehind([y]).map(({ op }) => op);
    };
    expect(recorded(50)).toEqual(recorded(1));
  });

  it('equal their cells over a single step', () => {
    fc.assert(
      fc.property(shapes, ({ kind, steps, batch, inputs, hidden, bias }) => {
        const layer = new classes[kind](inputs, hidden, { bias });
        const cell = new { lstm: nn.LSTMCell, gru: nn.GRUCell, rnn: nn.RNNCell }[kind](inputs, hidden, { bias });
        cell.loadStateDict(new Map([...layer.stateDict()].map(([name, t]) => [name.replace('_l0', ''), t])));
        const x = randn([steps, batch, inputs]);
        let state: unknown;
        const ys = Array.from({ length: steps }, (_, t) => {
          const row = x.slice([[t, t + 1]]).reshape([batch, inputs]);
          state = cell.forward(row, state as never);
          return (Array.isArray(state) ? state[0] : state) as Tensor;
        });
        close(values(stack(ys)), values(run(layer, x, [])[0]), 1e-6, 1e-7);
        const one = cell.forward(randn([inputs])) as Tensor | Tensor[];
        expect([one].flat()[0].shape).toEqual([hidden]);
      }),
      { numRuns: 30 },
    );
  });

  it('accept sequences without a batch axis, and with the batch axis first', () => {
    const layer = new nn.LSTM(3, 4, { numLayers: 2 });
    const x = randn([5, 3]);
    const [y, [h, c]] = layer.forward(x);
    expect([y, h, c].map((t) => t.shape)).toEqual([
      [5, 4],
      [2, 4],
      [2, 4],
    ]);
    const [batched] = layer.forward(x.reshape([5, 1, 3]));
    expect(values(y)).toEqual(values(batched));
    const first = new nn.GRU(3, 4, { batchFirst: true });
    const second = new nn.GRU(3, 4);
    second.loadStateDict(first.stateDict());
    const sequence = randn([2, 5, 3]);
    const [ordered] = first.forward(sequence);
    const [swapped] = second.forward(sequence.permute([1, 0, 2]));
    expect(ordered.shape).toEqual([2, 5, 4]);
    expect(values(ordered)).toEqual(values(swapped.permute([1, 0, 2])));
  });

  it('drop outputs between layers, only in training', () => {
    manualSeed(1);
    const layer = new nn.LSTM(3, 8, { numLayers: 2, dropout: 0.5 });
    const x = randn([4, 2, 3]);
    const forward = () => values(layer.forward(x)[0]);
    expect(forward()).not.toEqual(forward());
    layer.eval();
    expect(forward()).toEqual(forward());
    expect(String(layer)).toBe('LSTM(3, 8, numLayers=2, dropout=0.5)');
    const last = new nn.LSTM(3, 8, { dropout: 0.5 });
    expect(values(last.forward(x)[0])).toEqual(values(last.forward(x)[0]));
  });

  it("have PyTorch's parameter names, shapes and initial ranges", () => {
    manualSeed(2);
    const lstm = new nn.LSTM(5, 100, { numLayers: 2 });
    const names = [0, 1].flatMap((l) => ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((n) => `${n}_l${l}`));
    expect([...lstm.namedParameters().keys()]).toEqual(names);
    expect(lstm.weight_ih_l0.shape).toEqual([400, 5]);
    expect(lstm.weight_ih_l1.shape).toEqual([400, 100]);
    for (const p of lstm.parameters()) {
      const largest = Math.max(...values(p).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.1);
      expect(largest).toBeGreaterThan(0.09);
    }
    const reversed = new nn.GRU(2, 3, { bidirectional: true, bias: false });
    expect([...reversed.namedParameters().keys()]).toEqual([
      ...['weight_ih_l0', 'weight_hh_l0', 'weight_ih_l0_reverse', 'weight_hh_l0_reverse'],
    ]);
  });

  it('reject inputs and options that do not fit', () => {
    const layer = new nn.LSTM(3, 4);
    const x = randn([2, 5, 3]);
    const state = (...shape: number[]) => [randn(shape), randn(shape)] as [Tensor, Tensor];
    const cases: [RegExp, () => unknown][] = [
      [/^LSTM: expected input \(T, B, 3\) or \(T, 3\), got \(2, 5, 4\)$/, () => layer.forward(randn([2, 5, 4]))],
      [/^LSTM: expected h \(1, 5, 4\), got \(1, 2, 4\)$/, () => layer.forward(x, state(1, 2, 4))],
      [/^lstm: expected input \(T, B, C\) of at least one step/, () => layer.forward(randn([0, 5, 3]))],
      [/^GRU: expected hiddenSize to be an integer >= 1, got 0$/, () => new nn.GRU(3, 0)],
      [/^LSTM: expected option dropout in \[0, 1\], got 2$/, () => new nn.LSTM(3, 4, { dropout: 2 })],
      [
        /^RNN: expected option nonlinearity to be 'tanh' or 'relu', got 'gelu'$/,
        () => new nn.RNN(3, 4, { nonlinearity: 'gelu' as never }),
      ],
      [/^LSTM: expected options among .*, got 'layers'$/, () => new nn.LSTM(3, 4, { layers: 2 } as never)],
      [/^GRUCell: expected input \(B, 3\) or \(3\), got \(2, 4\)$/, () => new nn.GRUCell(3, 4).forward(randn([2, 4]))],
      [/^LSTMCell: expected h \(2, 4\), got \(4\)$/, () => new nn.LSTMCell(3, 4).forward(randn([2, 3]), state(4))],
    ];
    for (const [message, act] of cases) expect(act).toThrow(message);
  });
});

describe('the language model', () => {
  it('shares the word vectors with its decoder on request', () => {
    const model = nn.models.lstmLanguageModel({ vocabSize: 10, embeddingSize: 4, numLayers: 1, tieWeights: true });
    expect(model.decoder.weight).toBe(model.encoder.weight);
    expect(model.parameters()).toHaveLength(6);
    expect(model.stateDict().has('decoder.weight')).toBe(true);
    const [logits, [h]] = model.forward(randint(10, [3, 2]));
    expect([logits.shape, h.shape]).toEqual([
      [3, 2, 10],
      [1, 2, 4],
    ]);
    expect(() => nn.models.lstmLanguageModel({ vocabSize: 10, hiddenSize: 3, tieWeights: true })).toThrow(
      /^lstmLanguageModel: expected hiddenSize = embeddingSize = 200 with tieWeights, got 3$/,
    );
    expect(() => model.forward(randint(10, [3]))).toThrow(/^lstmLanguageModel: expected tokens \(T, B\), got \(3\)$/);
    expect(() => nn.models.lstmLanguageModel({ vocabSize: 3, nhid: 1 } as never)).toThrow(/got 'nhid'$/);
  });

  it.each(devices)('uses as much memory after window 100 as after window 3 on %s', (device) => {
    setDeviceSync(device);
    manualSeed(3);
    const model = nn.models.lstmLanguageModel({ vocabSize: 11, embeddingSize: 5, hiddenSize: 6 });
    const optimizer = new optim.AdaPNM(model.parameters());
    let state: [Tensor, Tensor] | undefined;
    const seen: number[][] = [];
    for (let window = 1; window <= 100; window++) {
      scope(() => {
        const [logits, next] = model.forward(randint(11, [4, 3]), state);
        optimizer.zeroGrad();
        nn.functional.crossEntropy(logits.reshape([12, 11]), randint(11, [12])).backward();
        optimizer.step();
        state = nn.carryState(next, state);
      });
      const { bytes, tensors } = memory();
      if (window === 3 || window === 100) seen.push([bytes, tensors]);
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  it('continues from the middle of an epoch bit for bit, including the hidden state', async () => {
    setDeviceSync('cpu');
    const path = join(mkdtempSync(join(tmpdir(), 'antinode-lm-')), 'checkpoint.safetensors');
    const words = Int32Array.from({ length: 200 }, (_, i) => (7 * i * i + i) % 11);
    const begin = () => {
      manualSeed(4);
      const model = nn.models.lstmLanguageModel({ vocabSize: 11, embeddingSize: 6, dropout: 0.3 });
      const optimizer = new optim.AdaPNM(model.parameters(), { lr: 0.01 });
      const loader = new data.BpttLoader(words, { batchSize: 4, bptt: 5 });
      return { model, optimizer, loader, random: defaultGenerator };
    };
    /** Losses from the loader's position to the end of the epoch; `stopAfter` saves and stops there. */
    const train = async (parts: ReturnType<typeof begin>, state?: [Tensor, Tensor], stopAfter = -1) => {
      const { model, optimizer, loader } = parts;
      const losses: number[] = [];
      for await (const { input, target } of loader) {
        const [logits, next] = model.forward(input, state);
        const loss = nn.functional.crossEntropy(logits.reshape([target.size, 11]), target);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        state = nn.carryState(next, state);
        losses.push(loss.itemSync());
        if (losses.length === stopAfter) {
          await io.saveCheckpoint(path, { ...parts, state });
          break;
        }
      }
      return losses;
    };
    const whole = await train(begin());
    const first = await train(begin(), undefined, 4);
    const parts = begin();
    manualSeed(99);
    const { state } = await io.loadCheckpoint(path, parts);
    const second = await train(parts, state as [Tensor, Tensor]);
    expect([...first, ...second]).toEqual(whole);
    rmSync(path);
  });
});
