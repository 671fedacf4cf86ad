import './devices.js';
import { describe, expect, it } from 'vitest';
import { listMethods, methods } from '../../src/autograd/methods.js';
import * as arithmetic from '../../src/autograd/ops/math/arithmetic.js';
import * as relations from '../../src/autograd/ops/math/compare.js';
import * as a from '../../src/index.js';
import { sourcesUnder } from '../helpers/sources.js';

const x = () =>
  a.tensor([
    [1, -2, 3],
    [4, 5, -6],
  ]);
const same = (found: a.Tensor, expected: a.Tensor) => {
  expect([found.shape, found.dtype, found.dataSync()]).toEqual([expected.shape, expected.dtype, expected.dataSync()]);
};

/** Arguments for methods that need more than x, or more than x and a number. */
const rest: Readonly<Record<string, unknown[]>> = {
  clamp: [-1, 4],
  cumsum: [1],
  matmul: [a.tensor([[1], [2], [3]])],
  gather: [1, a.tensor([[2], [0]], { dtype: 'int32' })],
  scatterAdd: [1, a.tensor([[2], [0]], { dtype: 'int32' }), a.tensor([[7], [8]])],
  indexSelect: [1, a.tensor([2, 0], { dtype: 'int32' })],
  indexAdd: [0, a.tensor([1], { dtype: 'int32' }), a.tensor([[7, 8, 9]])],
  dropout: [0.5, { training: false }],
  unsqueeze: [1],
  slice: [
    [
      [1, null],
      [0, null, 2],
    ],
  ],
  split: [2, 1],
  pad: [[1, 2], 5],
  cast: ['int32'],
  to: ['cpu'],
};

/** Methods without a result, tested below. */
const ownTests = ['backward'];

const takesTwo = (name: string, f: { length: number }) => name in { ...arithmetic, ...relations } && f.length === 2;

describe('methods', () => {
  it('are the functions of the same name', () => {
    for (const [name, f] of Object.entries(methods)) {
      if (ownTests.includes(name)) continue;
      const given = rest[name] ?? (takesTwo(name, f) ? [2] : []);
      const call = f as unknown as (x: a.Tensor, ...rest: unknown[]) => a.Tensor | a.Tensor[];
      const method = x()[name as keyof a.Tensor] as unknown as (...rest: unknown[]) => a.Tensor | a.Tensor[];
      const [found, expected] = [[method.apply(x(), given)].flat(), [call(x(), ...given)].flat()];
      expect(found.length, name).toBe(expected.length);
      found.forEach((y, i) => {
        same(y, expected[i]);
      });
    }
    same(x().abs().pow(0.5), a.sqrt(a.abs(x())));
  });

  it('have the same descriptions as their functions', () => {
    const described = new Map(
      sourcesUnder('src/autograd')
        .filter(({ path }) => path.includes('/ops/') || /\/(graph|backward)\.ts$/.test(path))
        .flatMap(({ text }) => docsOf(text, /export function (\w+)/)),
    );
    const [{ text }] = sourcesUnder('src/autograd').filter(({ path }) => path.endsWith('/tensor-methods.ts'));
    const declared = docsOf(text, / {2}(\w+)\(/);
    expect(declared.map(([name]) => name).sort()).toEqual(Object.keys({ ...methods, ...listMethods }).sort());
    for (const [name, doc] of declared) expect(doc, name).toBe(firstSentence(described.get(name) ?? ''));
  });

  it('pass on the remaining arguments', () => {
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

  it('take shapes and axes as separate arguments or as a list', () => {
    for (const y of [x().reshape(3, 2), x().reshape([3, 2]), x().reshape(-1, 2)]) same(y, a.reshape(x(), [3, 2]));
    for (const y of [x().permute(1, 0), x().permute([1, 0]), x().T]) same(y, a.transpose(x()));
    for (const y of [a.ones([2]).expand(2, 2), a.ones([2]).expand([2, 2])]) same(y, a.ones([2, 2]));
    expect(a.ones([1]).reshape().shape).toEqual([]);
    expect(a.ones([1]).reshape([]).shape).toEqual([]);
  });

  it('give access to the gradient', () => {
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

/** The doc comments above the declarations that `declaration` matches, by the captured name, each as one line. */
function docsOf(text: string, declaration: RegExp): [name: string, doc: string][] {
  const pattern = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\n${declaration.source}`, 'g');
  return [...text.matchAll(pattern)].map(([, doc, name]) => [name, doc.replace(/\n *\* ?/g, ' ').trim()]);
}

/** The text up to the first full stop before a capital letter or a tag, or all of it. */
const firstSentence = (doc: string) => /^.*?\.(?= +[A-Z@]|$)/.exec(doc)?.[0] ?? doc;

describe('the package', () => {
  it('exports the names of the public API', () => {
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

  it('computes on the cpu by default', async () => {
    const { execFileSync } = await import('node:child_process');
    const script = `import { device } from './src/index.ts'; process.stdout.write(device());`;
    const found = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(found).toBe('cpu');
  });
});
