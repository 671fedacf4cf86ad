import { afterEach, describe, expect, it } from 'vitest';
import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';
import * as a from '../../../src/index.js';
import { close } from '../../helpers/close.js';

const { manualSeed, nn, optim, randint, randn, scope, setDevice } = a;

/** The losses of ten steps of a small ResNet-18 with AdaPNM. */
async function resnet(): Promise<number[]> {
  manualSeed(1);
  const model = nn.models.resnet18({ numClasses: 10, width: 8 });
  const optimizer = new optim.AdaPNM(model.parameters());
  const [x, y] = [randn([4, 3, 16, 16]), randint(10, [4])];
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) {
    const loss = scope(() => {
      optimizer.zeroGrad();
      const made = nn.functional.crossEntropy(model.forward(x), y);
      made.backward();
      optimizer.step();
      return made;
    });
    losses.push(await loss.item());
    loss.dispose();
  }
  for (const t of [x, y]) t.dispose();
  optimizer.dispose();
  model.dispose();
  return losses;
}

/** The losses of ten windows of an LSTM language model with dropout, clipping and a carried state. */
async function languageModel(): Promise<number[]> {
  manualSeed(1);
  const model = nn.models.lstmLanguageModel({ vocabSize: 50, embeddingSize: 12, hiddenSize: 16, dropout: 0.2 });
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const losses: number[] = [];
  let state: [a.Tensor, a.Tensor] | undefined;
  for (let window = 0; window < 10; window++) {
    const loss = scope(() => {
      const [input, target] = [randint(50, [8, 4]), randint(50, [32])];
      const [logits, next] = model.forward(input, state);
      const made = nn.functional.crossEntropy(logits.reshape([32, 50]), target);
      optimizer.zeroGrad();
      made.backward();
      optim.clipGradNorm(model.parameters(), 0.25);
      optimizer.step();
      state = nn.carryState(next, state);
      return made;
    });
    losses.push(await loss.item());
    loss.dispose();
  }
  for (const t of state ?? []) t.dispose();
  optimizer.dispose();
  model.dispose();
  return losses;
}

/** Compares training between a mode of GPU.js and cpu. */
export function describeTraining(mode: GpuMode): void {
  const device = `gpu:${mode}`;
  afterEach(() => setDevice('cpu'));

  describe(`training on ${device}`, () => {
    it.each([
      { name: 'a ResNet-18 of width 8', train: resnet },
      { name: 'an LSTM language model', train: languageModel },
    ])('gives the losses of cpu, for $name', async ({ train }) => {
      await setDevice('cpu');
      const expected = await train();
      await setDevice(device);
      close(await train(), expected, 1e-3, 0);
      expect(expected[9]).toBeLessThan(expected[0]);
    });

    it('can only be read asynchronously', async () => {
      await setDevice(device);
      const x = randn([3]);
      expect(() => x.dataSync()).toThrow(a.DeviceError);
      expect(await x.data()).toHaveLength(3);
      x.dispose();
      expect(a.device.info()).toMatchObject({ name: device });
    });

    it('draws the same random numbers as cpu', async () => {
      const draw = async (on: string) => {
        await setDevice(on);
        manualSeed(7);
        const [x, y] = [randn([50]), randint(9, [20])];
        const values = [...(await x.data()), ...(await y.data())];
        for (const t of [x, y]) t.dispose();
        return values;
      };
      close(await draw(device), await draw('cpu'), 1e-5, 1e-6);
    });
  });
}
