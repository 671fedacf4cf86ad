import { describe, expect, it } from 'vitest';
import { nn, noGrad, setDeviceSync, type Tensor } from '../../src/index.js';
import {
  fillNetwork,
  type ImageNetNetwork,
  imageNetNetworks,
  imagesOf,
  namesAndShapes,
} from '../helpers/golden-networks.js';

const withoutDropout: Readonly<Record<string, object>> = {
  vgg16: { dropout: 0 },
  googlenet: { dropout: 0, dropoutAux: 0 },
};

function make({ model }: ImageNetNetwork, options: nn.models.ConvNetOptions = {}) {
  return nn.models[model]({ stem: 'imagenet', ...withoutDropout[model], ...options });
}

/** The largest difference, divided by the largest of the expected values. */
function relativeError(actual: Tensor, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  const values = actual.dataSync();
  expect(values).toHaveLength(expected.length);
  return expected.reduce((worst, v, i) => Math.max(worst, Math.abs(values[i] - v)), 0) / scale;
}

describe.each(imageNetNetworks)('$model for ImageNet', (golden) => {
  it("has torchvision's names and shapes, in order", () => {
    setDeviceSync('cpu');
    const net = make(golden);
    expect([...net.stateDict()].map(([name, t]) => [name, t.shape])).toEqual(namesAndShapes(golden));
    expect(net.parameters().reduce((sum, p) => sum + p.size, 0)).toBe(golden.parameters);
    net.dispose();
  });

  it('computes the logits of PyTorch, in training and in evaluation', () => {
    setDeviceSync('cpu');
    const { numClasses, width, key } = golden;
    const net = make(golden, { numClasses, width });
    fillNetwork(net, key);
    const x = imagesOf(golden);
    noGrad(() => {
      const outputs = net instanceof nn.models.GoogLeNet ? net.forwardWithAux(x) : { logits: net.forward(x) };
      expect(Object.keys(outputs)).toHaveLength(golden.trainLogits.length);
      Object.values(outputs).forEach((logits, i) => {
        expect(relativeError(logits, golden.trainLogits[i])).toBeLessThan(1e-4);
      });
    });
    noGrad(() => expect(relativeError(net.eval().forward(x), golden.evalLogits)).toBeLessThan(1e-4));
    for (const each of [net, x]) each.dispose();
  });
});
