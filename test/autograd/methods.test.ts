import './devices.js';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';

const x = () =>
  a.tensor([
    [1, -2, 3],
    [4, 5, -6],
  ]);
const same = (found: a.Tensor, expected: a.Tensor) => {
  expect([found.shape, found.dtype, found.dataSync()]).toEqual([expected.shape, expected.dtype, expected.dataSync()]);
};

const { neg, abs, exp, sin, cos, tanh, sigmoid, relu, leakyRelu, gelu, silu, elu, softplus } = a;
const { sum, mean, variance, max, min, prod, argmax, argmin, logsumexp, softmax, logSoftmax } = a;
const { flatten, transpose, flip, clone } = a;
const unary = {
  ...{ neg, abs, exp, sin, cos, tanh, sigmoid, relu, leakyRelu, gelu, silu, elu, softplus },
  ...{ sum, mean, variance, max, min, prod, argmax, argmin, logsumexp, softmax, logSoftmax },
  ...{ flatten, transpose, flip, clone },
};
const { add, sub, mul, div, maximum, minimum, eq, ne, lt, le, gt, ge } = a;
const binary = { add, sub, mul, div, maximum, minimum, eq, ne, lt, le, gt, ge };

describe('methods', () => {
  it('are the functions of the same name', () => {
    for (const [name, f] of Object.entries(unary)) same(x()[name as keyof typeof unary](), f(x()));
    for (const [name, f] of Object.entries(binary)) same(x()[name as keyof typeof binary](2), f(x(), 2));
    same(x().abs().pow(0.5), a.sqrt(a.abs(x())));
    same(x().abs().log().sqrt(), a.sqrt(a.log(a.abs(x()))));
  });

  it('take the rest of the arguments', () => {
    same(x().sum(1, { keepDim: true }), a.tensor([[2], [3]]));
    same(
      x().matmul(x().T).add(1),
      a.tensor([
        [15, -23],
        [-23, 78],
      ]),
    );
    same(
      x().slice([
        [1, null],
        [0, null, 2],
      ]),
      a.tensor([[4, -6]]),
    );
    same(
      x().clamp(-1, 4).cumsum(1),
      a.tensor([
        [1, 0, 3],
        [4, 8, 7],
      ]),
    );
    same(x().gather(1, a.tensor([[2], [0]], { dtype: 'int32' })), a.tensor([[3], [4]]));
    same(
      x().pad([1, 0]).squeeze().unsqueeze(0),
      a.tensor([
        [
          [0, 1, -2, 3],
          [0, 4, 5, -6],
        ],
      ]),
    );
    same(x().split(1)[1], a.tensor([[4, 5, -6]]));
  });

  it('take shapes and axes one by one or as a list', () => {
    for (const y of [x().reshape(3, 2), x().reshape([3, 2]), x().reshape(-1, 2)]) same(y, a.reshape(x(), [3, 2]));
    for (const y of [x().permute(1, 0), x().permute([1, 0]), x().T]) same(y, a.transpose(x()));
    for (const y of [a.ones([2]).expand(2, 2), a.ones([2]).expand([2, 2])]) same(y, a.ones([2, 2]));
    expect(a.ones([1]).reshape().shape).toEqual([]);
    expect(a.ones([1]).reshape([]).shape).toEqual([]);
  });

  it('hold the gradient', () => {
    const p = x();
    p.requiresGrad = true;
    p.mul(p).backward(a.ones([2, 3]));
    same(p.grad as a.Tensor, a.mul(x(), 2));
    expect(p.detach().requiresGrad).toBe(false);
    p.grad = null;
    expect(p.grad).toBeNull();
  });

  it('do not show up when a tensor is enumerated', () => {
    const keys: string[] = [];
    for (const key in x()) keys.push(key);
    expect(keys).not.toContain('add');
    expect(keys).not.toContain('grad');
  });
});

describe('the package', () => {
  it('has the names of the public face', () => {
    const names =
      `tensor zeros ones full arange rand randn randint Tensor Parameter scope keep noGrad manualSeed setDevice
      device memory setThreads nn optim data autograd io
      add sub mul div pow neg abs sqrt exp log sin cos tanh sigmoid relu leakyRelu gelu silu elu softplus maximum minimum
      clamp where eq ne lt le gt ge sum mean variance max min argmax argmin cumsum logsumexp softmax logSoftmax matmul
      einsum reshape flatten permute transpose squeeze unsqueeze expand slice indexSelect gather cat stack split pad
      oneHot embedding dropout`.split(/\s+/);
    expect(names.filter((name) => !(name in a))).toEqual([]);
    const { grad, gradcheck, checkpoint, noGrad } = a.autograd;
    expect([grad, gradcheck, checkpoint, noGrad].every((f) => typeof f === 'function')).toBe(true);
  });

  it('computes on the cpu unless it is told otherwise', async () => {
    const { execFileSync } = await import('node:child_process');
    const script = `import { device } from './src/index.ts'; process.stdout.write(device());`;
    const found = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(found).toBe('cpu');
  });
});
