import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  autograd,
  manualSeed,
  matmul,
  memory,
  nn,
  optim,
  randn,
  scope,
  setDeviceSync,
  type Tensor,
  tensor,
} from '../../../src/index.js';
import golden from '../../golden/curvature.json' with { type: 'json' };
import { close } from '../../helpers/close.js';
import { filled } from '../../helpers/fill.js';
import { devices, give, parameter, valuesOf } from '../helpers.js';

const { analysis } = optim;
const { crossEntropy } = nn.functional;
const [expected] = golden.cases;
const unit = (size: number, i: number) => Float32Array.from({ length: size }, (_, j) => (i === j ? 1 : 0));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
const total = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0);

/** Returns the rows of the Hessian of a loss, as the gradients of the elements of its gradient. */
function denseHessian(params: readonly Tensor[], loss: () => Tensor): number[][] {
  return scope(() => {
    const first = autograd.grad(loss(), params, { createGraph: true, allowUnused: true });
    return first.flatMap((g, i) =>
      Array.from({ length: params[i].size }, (_, at) => {
        const dy = g && tensor(unit(g.size, at), { shape: g.shape, device: g.device });
        const row = g?.requiresGrad
          ? autograd.grad([g], params, { gradOutputs: dy ? [dy] : [], retainGraph: true, allowUnused: true })
          : params.map(() => null);
        return row.flatMap((h, j) => (h ? valuesOf(h) : Array<number>(params[j].size).fill(0)));
      }),
    );
  });
}

/** Returns a parameter and the loss thetaᵀ A theta / 2. */
function quadratic(matrix: readonly (readonly number[])[], device: string): [Tensor, () => Tensor] {
  const n = matrix.length;
  const a = tensor(matrix.flat(), { shape: [n, n], device });
  const p = parameter(filled(n, 'theta', -1, 1), { device });
  return [p, () => matmul(matmul(a, p), p).mul(0.5)];
}

/** The standard error of a mean of vᵀ H^power v / n over vectors of random signs, for the Hessian of the golden file. */
function errorOfMoment(power: number, samples: number): number {
  const rows = Array.from({ length: 64 }, (_, i) => expected.hessian.slice(64 * i, 64 * i + 64));
  let product = rows;
  // the matrices are symmetric, so rows stand for columns
  for (let k = 1; k < power; k++) product = product.map((row) => rows.map((other) => dot(row, other)));
  const beside = total(product.flatMap((row, i) => row.map((x, j) => (i === j ? 0 : x * x))));
  return Math.sqrt((2 * beside) / samples) / 64;
}

const symmetric = fc
  .integer({ min: 1, max: 6 })
  .chain((n) =>
    fc
      .array(fc.integer({ min: -3, max: 3 }), { minLength: n * n, maxLength: n * n })
      .map((list) =>
        Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => list[i * n + j] + list[j * n + i])),
      ),
  );

afterEach(() => setDeviceSync('reference'));

describe.each(devices)('the Hessian on %s', (device) => {
  beforeEach(() => {
    setDeviceSync(device);
    manualSeed(1);
  });

  /** The network of the golden file: its loss on some of the samples. */
  function goldenNetwork() {
    const { key, samples, batchSize } = expected;
    const model = new nn.Sequential(
      ...[new nn.Linear(4, 5), new nn.Tanh(), new nn.Linear(5, 4), new nn.Tanh(), new nn.Linear(4, 3)],
    );
    for (const [n, p] of model.namedParameters())
      p.assign(tensor(filled(p.size, `${key}/${n}`, -1, 1), { shape: p.shape }));
    const x = tensor(filled(4 * samples, `${key}/x`, -1, 1), { shape: [samples, 4] });
    const labels = tensor(
      Int32Array.from(filled(samples, `${key}/labels`, 0, 1), (u) => 3 * u),
      { dtype: 'int32' },
    );
    const lossOf = (from = 0, to = samples) =>
      crossEntropy(model.forward(x.slice([[from, to]])), labels.slice([[from, to]]));
    const starts = Array.from({ length: samples / batchSize }, (_, i) => i * batchSize);
    const ofBatch = (start: number) => lossOf(start, start + batchSize);
    const named = (name: string) => filled(64, `${key}/${name}`, -1, 1);
    return { model, loss: () => lossOf(), starts, ofBatch, named };
  }

  it("agrees with PyTorch's, row by row, and times any vector", async () => {
    const { model, loss, named, starts, ofBatch } = goldenNetwork();
    const rows: number[] = [];
    for (let i = 0; i < 64; i++) rows.push(...(await analysis.hessianVectorProduct(model, loss, unit(64, i))));
    close(rows, expected.hessian, 1e-4, 1e-6);
    close(denseHessian(model.parameters(), loss).flat(), expected.hessian, 1e-4, 1e-6);
    close(await analysis.hessianVectorProduct(model.parameters(), loss, named('vector')), expected.product, 1e-4, 1e-6);
    const ends = model.parameters().map((_, i, all) => total(all.slice(0, i + 1).map((p) => p.size)));
    const tensors = model
      .parameters()
      .map((p, i) => tensor(named('vector').slice(ends[i] - p.size, ends[i]), { shape: p.shape }));
    close(await analysis.hessianVectorProduct(model.namedParameters(), loss, tensors), expected.product, 1e-4, 1e-6);
    const parts = starts.map((start) => () => ofBatch(start));
    close(await analysis.hessianVectorProduct(model, parts, named('vector')), expected.product, 1e-4, 1e-6);
  });

  it("has PyTorch's eigenvalues, and eigenvectors of length 1", async () => {
    const { model, loss } = goldenNetwork();
    const ascending = expected.eigenvalues;
    const descending = ascending.toReversed();
    const byMagnitude = ascending.toSorted((a, b) => Math.abs(b) - Math.abs(a));
    for (const [which, all] of [
      ['largest', descending],
      ['smallest', ascending],
      ['magnitude', byMagnitude],
    ] as const) {
      const found = await analysis.hessianEigenpairs(model, loss, { which, count: 4, tolerance: 1e-5 });
      expect(found.converged).toBe(true);
      close(found.values, all.slice(0, 4), 1e-4, 1e-5);
      for (const [i, u] of found.vectors.entries()) {
        close([dot(u, u)], [1], 1e-5);
        const hu = await analysis.hessianVectorProduct(model, loss, u);
        const residual = Math.hypot(...hu.map((x, j) => x - found.values[i] * u[j]));
        expect(residual).toBeLessThan(found.residuals[i] + 1e-5);
      }
    }
    const all = await analysis.hessianEigenpairs(model, loss, { count: 64 });
    close(all.values, descending, 1e-4, 1e-5);
    close([await analysis.sharpness(model, loss)], [descending[0]], 1e-4);
  });

  it("has the trace, the covariance and the rise of the loss that PyTorch's has", async () => {
    const { model, loss, named, starts, ofBatch } = goldenNetwork();
    const { trace, standardError, samples } = await analysis.hessianTrace(model, loss, { samples: 100 });
    expect(samples).toHaveLength(100);
    const error = errorOfMoment(1, 100) * 64;
    expect(Math.abs(trace - expected.trace)).toBeLessThan(3 * error);
    close([standardError], [error], 0.3);
    const u = [named('u0'), named('u1')];
    const { mean, covariance, batches } = await analysis.noiseCovariance(model, starts, ofBatch, u);
    expect(batches).toBe(starts.length);
    close(mean, expected.projectedMean, 1e-4, 1e-6);
    close(covariance.flat(), expected.covariance, 1e-4, 1e-6);
    const radius = expected.radius;
    close([await analysis.sharpnessWithin(model, loss, { radius })], [expected.rise], 1e-4, 1e-6);
    const parts = starts.map((start) => () => ofBatch(start));
    close([await analysis.sharpnessWithin(model, parts, { radius })], [expected.rise], 1e-4, 1e-6);
  });

  it.each<[string, () => [nn.Module, () => Tensor]]>([
    [
      'convolution, batch normalisation and pooling',
      () => {
        const model = new nn.Sequential(
          ...[new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.GELU(), new nn.MaxPool2d(2), new nn.Flatten()],
          new nn.Linear(2, 3),
        );
        const [x, labels] = [randn([4, 1, 4, 4]), tensor([0, 1, 2, 1], { dtype: 'int32' })];
        return [model, () => crossEntropy(model.forward(x), labels)];
      },
    ],
    [
      'recurrence',
      () => {
        const model = new nn.LSTM(2, 2);
        const x = randn([3, 2, 2]);
        return [model, () => model.forward(x)[0].pow(2).mean()];
      },
    ],
    [
      'normalised layers',
      () => {
        const model = new nn.Sequential(
          ...[new nn.Linear(3, 6), new nn.LayerNorm(6), new nn.SiLU(), new nn.Linear(6, 2)],
        );
        const x = randn([5, 3]);
        return [model, () => model.forward(x).pow(2).mean()];
      },
    ],
  ])('of %s is the jacobian of the gradient', async (_, make) => {
    const [model, loss] = make();
    const dense = denseHessian(model.parameters(), loss);
    const scale = Math.max(...dense.flat().map(Math.abs));
    const rows: number[][] = [];
    for (let i = 0; i < dense.length; i++)
      rows.push([...(await analysis.hessianVectorProduct(model, loss, unit(dense.length, i)))]);
    close(rows.flat(), dense.flat(), 1e-4, 1e-5 * scale);
    const { values } = await analysis.hessianEigenpairs(model, loss, { count: dense.length });
    close([total(values)], [total(dense.map((row, i) => row[i]))], 1e-4, 1e-4 * scale);
    const squares = total(values.map((x) => x * x));
    close([squares], [total(dense.flat().map((x) => x * x))], 1e-4, 1e-5 * scale ** 2);
  });

  it('of a quadratic has the eigenvalues of its matrix, repeated ones included', async () => {
    await fc.assert(
      fc.asyncProperty(symmetric, async (matrix) => {
        const n = matrix.length;
        const [p, loss] = quadratic(matrix, device);
        const { values, vectors, converged } = await analysis.hessianEigenpairs([p], loss, { count: n });
        expect(converged).toBe(true);
        expect(values).toEqual(values.toSorted((a, b) => b - a));
        for (const [i, u] of vectors.entries()) {
          close(
            matrix.map((row) => dot(row, u)),
            Array.from(u, (x) => values[i] * x),
            1e-4,
            1e-4,
          );
          close(
            vectors.map((v) => dot(u, v)),
            [...unit(n, i)],
            1e-4,
            1e-4,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of a diagonal has its exact trace, density and moments', async () => {
    const diagonal = [5, 1, 1, -2, 0];
    const [p, loss] = quadratic(
      diagonal.map((x, i) => [...unit(5, i)].map((one) => one * x)),
      device,
    );
    const { trace, standardError } = await analysis.hessianTrace([p], loss, { samples: 3 });
    close([trace, standardError], [5, 0], 1e-5, 1e-5);
    const { points, density, quadratures, sigma } = await analysis.spectralDensity([p], loss, {
      probes: 2,
      sigma: 0.05,
    });
    expect(sigma).toBe(0.05);
    for (const { nodes, weights } of quadratures) {
      close(nodes, [-2, 0, 1, 5], 1e-5, 1e-5);
      close(weights, [0.2, 0.2, 0.4, 0.2], 1e-4);
    }
    // Gaussians of height share / (sigma sqrt(2 pi))
    const at = points.findIndex((t) => t >= 1);
    close([density[at]], [0.4 / (0.05 * Math.sqrt(2 * Math.PI))], 0.02);
  });

  it('has a trace within its standard error as often as a normal variable', async () => {
    const matrix = Array.from({ length: 6 }, (_, i) => [...filled(6, `row${Math.min(i, 3)}`, -1, 1)]);
    const [p, loss] = quadratic(
      matrix.map((row, i) => row.map((x, j) => x + matrix[j][i])),
      device,
    );
    const wanted = total(matrix.map((row, i) => 2 * row[i]));
    let within = 0;
    for (let seed = 0; seed < 100; seed++) {
      manualSeed(seed);
      const { trace, standardError } = await analysis.hessianTrace([p], loss, { samples: 20 });
      if (Math.abs(trace - wanted) < standardError) within++;
    }
    // 68 of 100
    expect(within).toBeGreaterThan(55);
    expect(within).toBeLessThan(81);
  });

  it('has a density whose integral is 1 and whose moments are those of the eigenvalues', async () => {
    const { model, loss } = goldenNetwork();
    const probes = 24;
    const { points, density, quadratures } = await analysis.spectralDensity(model, loss, { probes, steps: 20 });
    const step = points[1] - points[0];
    close([step * total([...density])], [1], 1e-6);
    for (const power of [1, 2, 3]) {
      const moments = quadratures.map(({ nodes, weights }) =>
        dot(
          weights,
          nodes.map((x) => x ** power),
        ),
      );
      const mean = total(moments) / probes;
      const spread = Math.sqrt(total(moments.map((m) => (m - mean) ** 2)) / (probes - 1) / probes);
      const error = errorOfMoment(power, probes);
      const wanted = total(expected.eigenvalues.map((x) => x ** power)) / 64;
      expect(Math.abs(mean - wanted)).toBeLessThan(3 * error);
      close([spread], [error], 0.5);
    }
    const first = step * dot(density, points);
    close([first], [total(quadratures.map((q) => dot(q.weights, q.nodes))) / probes], 1e-5, 1e-6);
  });

  it('keeps the masks of dropout for all products of a measurement', async () => {
    const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Dropout(0.5), new nn.Tanh(), new nn.Linear(8, 1));
    const x = randn([4, 3]);
    const loss = () => model.forward(x).pow(2).mean();
    manualSeed(2);
    const { values, vectors } = await analysis.hessianEigenpairs(model, loss, { count: 3, maxIterations: 41 });
    for (const [i, u] of vectors.entries()) {
      manualSeed(2);
      const hu = await analysis.hessianVectorProduct(model, loss, u);
      close(
        hu,
        Array.from(u, (value) => values[i] * value),
        1e-4,
        1e-3 * values[0],
      );
    }
    const one = await analysis.hessianVectorProduct(model, loss, vectors[0]);
    expect(await analysis.hessianVectorProduct(model, loss, vectors[0])).not.toEqual(one);
  });

  it('has rows of zeros where the loss is linear or does not depend on a parameter', async () => {
    const [a, b] = [parameter([1, 2], { device }), parameter([3], { device })];
    expect([...(await analysis.hessianVectorProduct([a, b], () => a.sum(), [1, 1, 1]))]).toEqual([0, 0, 0]);
    expect([...(await analysis.hessianVectorProduct([b, a], () => a.mul(a).sum(), [1, 2, 3]))]).toEqual([0, 4, 6]);
    expect(await analysis.sharpness([a], () => a.sum())).toBe(0);
    expect(await analysis.sharpnessWithin([a], () => a.mul(0).sum())).toBe(0);
    const flat = await analysis.spectralDensity([a], () => a.sum());
    close([(flat.points[1] - flat.points[0]) * total([...flat.density])], [1], 1e-6);
  });

  const model = () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Tanh(), new nn.Linear(4, 2));
  const x = filled(24, 'x', -1, 1);
  type Loss = () => Tensor;
  const measurements: [string, (m: nn.Module, loss: Loss) => Promise<unknown>][] = [
    ['hessianVectorProduct', (m, loss) => analysis.hessianVectorProduct(m, loss, filled(34, 'v', -1, 1))],
    ['hessianEigenpairs', (m, loss) => analysis.hessianEigenpairs(m, loss, { count: 2 })],
    ['hessianTrace', (m, loss) => analysis.hessianTrace(m, loss, { samples: 3 })],
    ['spectralDensity', (m, loss) => analysis.spectralDensity(m, loss, { probes: 2, steps: 5 })],
    ['sharpness', (m, loss) => analysis.sharpness(m, loss)],
    ['sharpnessWithin', (m, loss) => analysis.sharpnessWithin(m, loss)],
    ['noiseCovariance', (m, loss) => analysis.noiseCovariance(m, [loss, loss], (f) => f(), [filled(34, 'v', -1, 1)])],
    ['gradientNoise', (m, loss) => analysis.gradientNoise(m, [loss, loss], (f) => f())],
  ];

  it.each(measurements)('%s changes nothing, repeats after manualSeed, and frees memory', async (name, measure) => {
    const net = model();
    const batch = tensor(x, { shape: [8, 3] });
    const loss = () => (net.forward(batch) as Tensor).pow(2).mean();
    for (const [i, p] of net.parameters().entries()) give(p, filled(p.size, `g${i}`, -1, 1));
    const look = () => [...net.stateDict().values(), ...net.parameters().map((p) => p.grad as Tensor)].map(valuesOf);
    const state = look();
    const before = memory(device);
    manualSeed(7);
    const first = await measure(net, loss);
    manualSeed(7);
    expect(await measure(net, loss)).toEqual(first);
    expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
    expect(look()).toEqual(state);
    expect(net.modules().map(({ training }) => training)).toEqual(net.modules().map(() => true));
    let calls = 0;
    const failing = () => {
      if (++calls === 2) throw new RangeError('no loss');
      return loss();
    };
    if (name !== 'hessianVectorProduct') await expect(measure(net, failing)).rejects.toThrow(RangeError);
    expect(look()).toEqual(state);
    expect(memory(device)).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
  });

  it('refuses arguments that it cannot measure', async () => {
    const p = parameter([1, 2], { device });
    const loss = () => p.mul(p).sum();
    const product = (params: unknown, f: unknown, v: unknown) =>
      analysis.hessianVectorProduct(params as Tensor[], f as Loss, v as number[]);
    const name = 'analysis.hessianVectorProduct: ';
    await expect(product([], loss, [])).rejects.toThrow(`${name}expected at least one parameter, got none`);
    await expect(product([p], 3, [1, 2])).rejects.toThrow(`${name}expected a function that returns the loss, got 3`);
    await expect(product([p], [], [1, 2])).rejects.toThrow(`${name}expected at least one loss, got an empty list`);
    await expect(product([p], () => 3, [1, 2])).rejects.toThrow(`${name}expected a tensor as loss, got 3`);
    await expect(product([p], () => p, [1, 2])).rejects.toThrow(`${name}expected a loss with one element`);
    await expect(product([p], loss, [1])).rejects.toThrow(`${name}expected a direction of 2 numbers, got 1`);
    await expect(product([p], loss, [1, Number.NaN])).rejects.toThrow(/direction of finite numbers, got NaN at 1$/);
    await expect(product([p], loss, 'x')).rejects.toThrow(/direction as numbers or tensors, got 'x'$/);
    await expect(product([p], loss, [p, p])).rejects.toThrow(`${name}expected a direction of 1 tensors, got 2`);
    await expect(product([p], loss, [tensor([1])])).rejects.toThrow(/direction with a tensor like 0 at 0, got /);
    await expect(product([p], () => p.mul(Number.POSITIVE_INFINITY).mul(p).sum(), [1, 2])).rejects.toThrow(
      /expected finite second derivatives, got Infinity at 0$/,
    );
    await expect(analysis.hessianEigenpairs([p], loss, { count: 3 })).rejects.toThrow(
      /^analysis.hessianEigenpairs: expected option count to be at most 2, got 3$/,
    );
    await expect(analysis.hessianTrace([p], loss, { samples: 1 })).rejects.toThrow(
      /samples to be an integer >= 2, got 1$/,
    );
    await expect(analysis.spectralDensity([p], loss, { sigma: 0 })).rejects.toThrow(/sigma > 0, got 0$/);
    await expect(analysis.noiseCovariance([p], [1, 2], loss, [])).rejects.toThrow(/at least one direction, got none$/);
    await expect(analysis.noiseCovariance([p], [1], loss, [[1, 0]])).rejects.toThrow(/at least two batches, got 1$/);
  });
});
