import { manualSeed, nn, noGrad, optim, profile, randint, randn, scope, type Tensor } from 'antinode';
import { expect, it } from 'vitest';

/** A small network, and a step of training it. */
function training(): { step: () => void; parameters: Tensor[] } {
  manualSeed(5);
  const model = new nn.Sequential(
    new nn.Conv2d(3, 8, 3, { padding: 1, bias: false }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { stride: 2 }),
    new nn.Flatten(),
    new nn.Linear(16, 5),
  );
  const optimizer = new optim.Adam(model.parameters());
  const [x, labels] = [randn([4, 3, 8, 8]), randint(0, 5, [4])];
  const step = () =>
    scope(() => {
      optimizer.zeroGrad();
      nn.functional.crossEntropy(model.forward(x), labels).backward();
      optimizer.step();
    });
  return { step, parameters: model.parameters() };
}

it('a profile of a training step on cpu has its primitives, and changes no bit', async () => {
  const [plain, profiled] = [training(), training()];
  for (let i = 0; i < 3; i++) plain.step();
  profiled.step();
  await profile(profiled.step);
  const { device, queued, ops, rows, host, total } = await profile(profiled.step);
  expect({ device, queued }).toEqual({ device: 'cpu', queued: false });
  const calls = Object.fromEntries(ops.map((row) => [row.op, row.calls]));
  // the images need no gradient
  expect(calls).toMatchObject({ conv2d: 2, conv2dInputGrad: 1, conv2dWeightGrad: 2, maxPool2d: 1, maxPool2dGrad: 1 });
  expect(calls).toMatchObject({ matmul: 3, gather: 1 });
  for (const op of ['prepareMap', 'map']) {
    const updates = rows.filter((row) => row.op === op && row.formula?.includes('beta1'));
    expect(updates.reduce((sum, row) => sum + row.calls, 0)).toBe(profiled.parameters.length);
  }
  const convolutions = rows
    .filter(({ op }) => op.startsWith('conv2d'))
    .map(({ op, shape, flops }) => [op, shape, flops]);
  const first = 2 * 4 * 8 * 8 * 8 * 27;
  const second = 2 * 4 * 16 * 72;
  expect(convolutions.sort()).toEqual([
    ['conv2d', '4x3x8x8*8x3x3 p1', first],
    ['conv2d', '4x8x4x4*16x3x3 s2', second],
    ['conv2dInputGrad', '4x8x4x4*16x3x3 s2', second],
    ['conv2dWeightGrad', '4x3x8x8*8x3x3 p1', first],
    ['conv2dWeightGrad', '4x8x4x4*16x3x3 s2', second],
  ]);
  expect(rows.reduce((sum, { ms }) => sum + ms, host)).toBeCloseTo(total, 6);
  noGrad(() => {
    for (const [i, p] of profiled.parameters.entries()) expect(p.dataSync()).toEqual(plain.parameters[i].dataSync());
  });
});
