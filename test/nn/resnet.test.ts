import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualSeed, nn, noGrad, randn, setDeviceSync } from '../../src/index.js';

describe('residual networks of any width', () => {
  const options = fc.record({
    numClasses: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 5 }),
    inChannels: fc.integer({ min: 1, max: 4 }),
    stem: fc.constantFrom('cifar' as const, 'imagenet' as const),
  });
  const sides = fc.tuple(fc.integer({ min: 8, max: 21 }), fc.integer({ min: 8, max: 21 }));

  it('scale every stage and accept images of any size', () => {
    setDeviceSync('cpu');
    const kinds = fc.constantFrom('resnet18' as const, 'resnet50' as const);
    fc.assert(
      fc.property(kinds, options, sides, (kind, given, [height, width]) => {
        const net = nn.models[kind](given);
        const shapes = new Map([...net.stateDict()].map(([name, t]) => [name, t.shape]));
        const kernel = given.stem === 'cifar' ? 3 : 7;
        expect(shapes.get('conv1.weight')).toEqual([given.width, given.inChannels, kernel, kernel]);
        const expansion = kind === 'resnet50' ? 4 : 1;
        expect(shapes.get('layer4.0.conv2.weight')).toEqual([8 * given.width, 8 * given.width, 3, 3]);
        expect(shapes.get(given.stem === 'cifar' ? 'linear.weight' : 'fc.weight')).toEqual([
          given.numClasses,
          8 * given.width * expansion,
        ]);
        const logits = noGrad(() => net.eval().forward(randn([2, given.inChannels, height, width])));
        expect(logits.shape).toEqual([2, given.numClasses]);
        expect(Array.from(logits.dataSync()).every(Number.isFinite)).toBe(true);
        net.dispose();
      }),
      { numRuns: 15 },
    );
  });

  it('reduce the resolution to a quarter in the stem for ImageNet', () => {
    setDeviceSync('cpu');
    const net = nn.models.resnet18({ numClasses: 10, width: 2, stem: 'imagenet' });
    const seen: (readonly number[])[] = [];
    const first = net.layer1[0];
    const forward = first.forward.bind(first);
    first.forward = (x) => {
      seen.push(x.shape);
      return forward(x);
    };
    expect(noGrad(() => net.forward(randn([2, 3, 64, 32]))).shape).toEqual([2, 10]);
    expect(seen).toEqual([[2, 2, 16, 8]]);
  });

  it('repeat with the seed', () => {
    setDeviceSync('cpu');
    const logits = () => {
      manualSeed(3);
      const net = nn.models.resnet18({ width: 3 });
      return [...noGrad(() => net.forward(randn([2, 3, 8, 8]))).dataSync()];
    };
    expect(logits()).toEqual(logits());
  });

  it('reject invalid options', () => {
    setDeviceSync('cpu');
    const { resnet18, resnet50 } = nn.models;
    expect(() => resnet18({ width: 0 })).toThrow('ResNet: expected option width to be an integer >= 1, got 0');
    expect(() => resnet18({ numClasses: 1.5 })).toThrow(/ResNet: expected option numClasses/);
    expect(() => resnet50({ inChannels: -1 })).toThrow(/ResNet: expected option inChannels/);
    expect(() => resnet18({ stem: 'mnist' as 'cifar' })).toThrow(
      "ResNet: expected option stem to be 'cifar' or 'imagenet', got 'mnist'",
    );
    expect(() => resnet50({ classes: 10 } as object)).toThrow(/expected options among numClasses, .*, got 'classes'/);
  });
});
