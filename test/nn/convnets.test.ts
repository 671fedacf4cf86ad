import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AntinodeError, manualSeed, memory, nn, noGrad, randn, scope, setDeviceSync, tensor } from '../../src/index.js';
import { close } from '../helpers/close.js';

const { densenet121, googlenet, resnet50, vgg16 } = nn.models;
const between = (min: number, max: number) => fc.integer({ min, max });

setDeviceSync('cpu');

const deviationOf = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);

describe('convolutional networks', () => {
  const options = fc.record({
    numClasses: between(1, 7),
    width: between(1, 5),
    inChannels: between(1, 4),
    stem: fc.constantFrom('cifar' as const, 'imagenet' as const),
  });

  it('of any width accept images of any size that their poolings leave something of', () => {
    const makers = [
      ['vgg16', vgg16, 32],
      ['densenet121', densenet121, 32],
      ['googlenet', googlenet, 20],
    ] as const;
    const side = between(0, 15);
    fc.assert(
      fc.property(fc.constantFrom(...makers), options, side, side, ([name, make, least], given, height, width) => {
        const net = make(given);
        const first = { vgg16: 'features.0', densenet121: 'conv1', googlenet: 'prelayer.0' }[name];
        const planes = name === 'googlenet' ? 3 * given.width : given.width;
        const weight = net.stateDict().get(`${first}.weight`);
        if (given.stem === 'cifar') expect(weight?.shape).toEqual([planes, given.inChannels, 3, 3]);
        const x = randn([2, given.inChannels, least + height, least + width]);
        for (const mode of [true, false]) {
          const logits = noGrad(() => net.train(mode).forward(x));
          expect(logits.shape).toEqual([2, given.numClasses]);
          expect(Array.from(logits.dataSync()).every(Number.isFinite)).toBe(true);
        }
        net.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('have 10 classes in the form for CIFAR and 1000 in that for ImageNet', () => {
    for (const make of [resnet50, vgg16, densenet121, googlenet]) {
      for (const [stem, classes] of [
        ['cifar', 10],
        ['imagenet', 1000],
      ] as const) {
        const net = make({ width: 1, stem });
        expect(net.parameters().at(-1)?.shape).toEqual([classes]);
        net.dispose();
      }
    }
  });

  it('start from the distributions of torchvision in the form for ImageNet', () => {
    manualSeed(1);
    const deviations = (net: nn.Module, ...names: string[]) =>
      names.map((name) => deviationOf(net.stateDict().get(name)?.dataSync() ?? []));
    const [resnet, vgg, dense, google] = [resnet50, vgg16, densenet121, googlenet].map((make) =>
      make({ width: 16, stem: 'imagenet', numClasses: 50 }),
    );
    close(deviations(resnet, 'layer3.0.conv2.weight'), [Math.sqrt(2 / (64 * 9))], 0.05, 0);
    close(deviations(vgg, 'features.24.weight'), [Math.sqrt(2 / (128 * 9))], 0.05, 0);
    close(deviations(vgg, 'features.24.bias', 'classifier.0.weight', 'classifier.6.bias'), [0, 0.01, 0], 0.05, 0);
    const layer = 'features.denseblock3.denselayer9.conv1.weight';
    close(deviations(dense, layer, 'classifier.bias'), [Math.sqrt(2 / (64 + 8 * 8)), 0], 0.05, 0);
    close(deviations(google, 'inception4a.branch2.1.conv.weight', 'aux1.fc1.weight'), [0.01, 0.01], 0.05, 0);
    for (const net of [resnet, vgg, dense, google]) net.dispose();
  });

  it('reject invalid options', () => {
    expect(() => vgg16({ width: 0 })).toThrow('VGG: expected option width to be an integer >= 1, got 0');
    expect(() => vgg16({ dropout: 2 })).toThrow(/VGG: expected option dropout in \[0, 1\]/);
    expect(() => new nn.models.VGG([1, 1, 1, 1] as never)).toThrow(/VGG: expected blocks to be a list of 5 integers/);
    expect(() => densenet121({ dropRate: -1 })).toThrow('DenseNet: expected option dropRate in [0, 1], got -1');
    expect(() => new nn.models.DenseNet([1, 1, 1, 0])).toThrow(/DenseNet: expected blocks to be a list of 4 integers/);
    expect(() => densenet121({ memory: true } as object)).toThrow(
      /DenseNet: expected options among numClasses, .*, got/,
    );
    expect(() => googlenet({ stem: 'mnist' as 'cifar' })).toThrow(
      "GoogLeNet: expected option stem to be 'cifar' or 'imagenet', got 'mnist'",
    );
    expect(() => googlenet({ auxLogits: true })).toThrow(
      "GoogLeNet: expected stem 'imagenet' with auxLogits, got 'cifar'",
    );
    expect(() => googlenet({ inChannels: 1, transformInput: true })).toThrow(
      'GoogLeNet: expected inChannels 3 with transformInput, got 1',
    );
  });

  it('drop out in training only', () => {
    const x = randn([2, 3, 32, 32]);
    const stem = 'imagenet';
    const nets = [
      vgg16({ width: 2, dropout: 0.5 }),
      vgg16({ width: 2, stem }),
      googlenet({ width: 2, dropout: 0.5 }),
      googlenet({ width: 2, stem }),
      densenet121({ width: 2, dropRate: 0.5 }),
    ];
    for (const net of nets) {
      const logits = () => [...noGrad(() => net.forward(x)).dataSync()];
      expect(logits()).not.toEqual(logits());
      net.eval();
      expect(logits()).toEqual(logits());
      net.dispose();
    }
  });
});

describe('networks that recompute what they do not keep', () => {
  const kept = (make: typeof googlenet | typeof densenet121, memoryEfficient: boolean, run: typeof scope = scope) => {
    const net = make({ width: 8, memoryEfficient });
    const x = randn([8, 3, 32, 32]);
    const before = memory().bytes;
    const bytes = run(() => {
      void net.forward(x);
      return memory().bytes - before;
    });
    for (const each of [net, x]) each.dispose();
    return bytes;
  };

  it.each([
    ['densenet121', densenet121],
    ['googlenet', googlenet],
  ] as const)('keep a third, and almost nothing while nothing is recorded: %s', (_, make) => {
    const plain = kept(make, false);
    expect(kept(make, true)).toBeLessThan(plain / 3);
    for (const memoryEfficient of [false, true]) expect(kept(make, memoryEfficient, noGrad)).toBeLessThan(plain / 100);
  });
});

describe('GoogLeNet for ImageNet', () => {
  const make = (options: nn.models.GoogLeNetOptions) => {
    manualSeed(4);
    return googlenet({ stem: 'imagenet', width: 4, numClasses: 5, dropout: 0, dropoutAux: 0, ...options });
  };
  const x = randn([2, 3, 64, 64]);

  it('returns the logits of all classifiers, which gradients reach', () => {
    const net = make({});
    scope(() => {
      const { logits, auxLogits1, auxLogits2 } = net.forwardWithAux(x);
      for (const each of [logits, auxLogits1, auxLogits2]) expect(each.shape).toEqual([2, 5]);
      logits.add(auxLogits1.add(auxLogits2).mul(0.3)).pow(2).sum().backward();
    });
    expect([...net.namedParameters()].filter(([, p]) => !p.grad).map(([name]) => name)).toEqual([]);
    const both = noGrad(() => [net.eval().forward(x), net.forwardWithAux(x).logits]);
    expect(both[1].dataSync()).toEqual(both[0].dataSync());
  });

  it('has no auxiliary classifiers if told so', () => {
    const net = make({ auxLogits: false });
    expect([...net.stateDict().keys()].some((name) => name.startsWith('aux'))).toBe(false);
    expect(() => net.forwardWithAux(x)).toThrow(AntinodeError);
    expect(() => net.forwardWithAux(x)).toThrow('forwardWithAux: expected auxLogits: true, got false');
  });

  it('changes the normalisation of its input from that of ImageNet to 0.5', () => {
    const [plain, transforming] = [{}, { transformInput: true }].map((options) => make(options).eval());
    // an image with values in [0, 1], normalised in both ways
    const image = x.sigmoid();
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ].map((v) => tensor(v, { shape: [3, 1, 1] }));
    const found = noGrad(() => transforming.forward(image.sub(mean).div(std)));
    const expected = noGrad(() => plain.forward(image.sub(0.5).div(0.5)));
    close(found.dataSync(), expected.dataSync(), 1e-4, 1e-5);
  });
});
