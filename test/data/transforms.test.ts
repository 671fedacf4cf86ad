import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compose,
  type Images,
  normalize,
  randomCrop,
  randomHorizontalFlip,
  toFloat,
} from '../../src/data/transforms/index.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import { Generator } from '../../src/tensor/random.js';

const someImages = fc
  .record({
    count: fc.integer({ min: 0, max: 3 }),
    channels: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    floats: fc.boolean(),
  })
  .chain(({ floats, ...shape }) => {
    const size = shape.count * shape.channels * shape.height * shape.width;
    return fc.array(fc.integer({ min: 0, max: 255 }), { minLength: size, maxLength: size }).map(
      (values): Images => ({
        ...shape,
        data: floats ? Float32Array.from(values, (v) => v / 255) : Uint8Array.from(values),
      }),
    );
  });

const copyOf = (images: Images): Images => ({ ...images, data: images.data.slice() });
const pixel = ({ data, channels, height, width }: Images, i: number, c: number, y: number, x: number): number =>
  y < 0 || x < 0 || y >= height || x >= width ? Number.NaN : data[((i * channels + c) * height + y) * width + x];

/** Every position in a batch of images. */
function* places({ count, channels, height, width }: Images): Iterable<[number, number, number, number]> {
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) yield [i, c, y, x];
    }
  }
}

describe('randomCrop', () => {
  it('cuts out a window of the padded image at a position drawn per image', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    const paddings = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(
        someImages,
        sizes,
        paddings,
        fc.constantFrom(0, 1, 7),
        fc.nat(),
        (images, size, padding, fill, seed) => {
          const [height, width] = size;
          fc.pre(height <= images.height + 2 * padding && width <= images.width + 2 * padding);
          const made = randomCrop(size, { padding, fill }).apply(copyOf(images), new Generator(seed));
          expect([made.count, made.channels, made.height, made.width]).toEqual([
            images.count,
            images.channels,
            ...size,
          ]);
          expect(made.data.constructor).toBe(images.data.constructor);
          const generator = new Generator(seed);
          const corners = Array.from({ length: images.count }, () => {
            const top = generator.below(images.height + 2 * padding - height + 1) - padding;
            return [top, generator.below(images.width + 2 * padding - width + 1) - padding];
          });
          for (const [i, c, y, x] of places(made)) {
            const source = pixel(images, i, c, corners[i][0] + y, corners[i][1] + x);
            expect(pixel(made, i, c, y, x)).toBe(Number.isNaN(source) ? fill : source);
          }
        },
      ),
    );
  });

  it('chooses all positions equally often', () => {
    const images: Images = { data: new Uint8Array([1, 2, 3, 4]), count: 1, channels: 1, height: 2, width: 2 };
    const generator = new Generator(1);
    const counts = new Map<number, number>();
    for (let n = 0; n < 4000; n++) {
      const [value] = randomCrop(1).apply(copyOf(images), generator).data;
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('rejects windows that do not fit, and invalid options', () => {
    const images: Images = { data: new Uint8Array(4), count: 1, channels: 1, height: 2, width: 2 };
    expect(() => randomCrop(5, { padding: 1 }).apply(images, new Generator(0))).toThrow(ShapeError);
    expect(() => randomCrop(2 ** 30, { padding: 2 ** 30 }).apply(images, new Generator(0))).toThrow(ValueError);
    expect(() => randomCrop(0)).toThrow(ValueError);
    expect(() => randomCrop(2, { padding: -1 })).toThrow(/option padding to be an integer >= 0, got -1/);
  });
});

describe('randomHorizontalFlip', () => {
  it('mirrors whole images, as the generator selects', () => {
    fc.assert(
      fc.property(someImages, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (images, p, seed) => {
        const made = randomHorizontalFlip(p).apply(copyOf(images), new Generator(seed));
        const generator = new Generator(seed);
        const mirrored = Array.from({ length: images.count }, () => generator.uniform() < p);
        for (const [i, c, y, x] of places(images)) {
          const from = mirrored[i] ? images.width - 1 - x : x;
          expect(pixel(made, i, c, y, x)).toBe(pixel(images, i, c, y, from));
        }
      }),
    );
  });

  it('rejects probabilities outside [0, 1]', () => {
    expect(() => randomHorizontalFlip(1.1)).toThrow(/expected p in \[0, 1\], got 1.1/);
  });
});

describe('normalize', () => {
  it('computes (value - mean) / std per channel, where bytes count as value / 255', () => {
    fc.assert(
      fc.property(someImages, (images) => {
        const mean = [0.1, 0.2, 0.3].slice(0, images.channels);
        const std = [0.5, 1, 2].slice(0, images.channels);
        const made = normalize(mean, std).apply(copyOf(images), new Generator(0));
        expect(made.data).toBeInstanceOf(Float32Array);
        const scale = images.data instanceof Uint8Array ? 255 : 1;
        for (const [i, c, y, x] of places(images)) {
          const value = pixel(images, i, c, y, x) / scale;
          expect(pixel(made, i, c, y, x)).toBe(Math.fround((value - mean[c]) / std[c]));
        }
      }),
    );
  });

  it('rejects another number of channels, and invalid means and deviations', () => {
    const gray: Images = { data: new Uint8Array(1), count: 1, channels: 1, height: 1, width: 1 };
    expect(() => normalize([0, 0], [1, 1]).apply(gray, new Generator(0))).toThrow(/images of 2 channels, got 1/);
    expect(() => normalize([0], [0])).toThrow(ValueError);
    expect(() => normalize([0, 1], [1])).toThrow(ValueError);
    expect(() => normalize([Number.NaN], [1])).toThrow(ValueError);
  });
});

describe('compose', () => {
  it('runs its stages in order and is random if one of them is', () => {
    const double = { random: false, apply: (i: Images) => ({ ...i, data: i.data.map((v) => v * 2) }) };
    const one: Images = { data: new Uint8Array([100]), count: 1, channels: 1, height: 1, width: 1 };
    expect(compose(double, toFloat(), double).apply(one, new Generator(0)).data[0]).toBeCloseTo(400 / 255, 6);
    expect(compose(double, toFloat()).random).toBe(false);
    expect(compose(double, randomHorizontalFlip()).random).toBe(true);
  });
});
