import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from '../../src/data/transforms/color.js';
import * as transforms from '../../src/data/transforms/index.js';
import {
  centerCrop,
  colorJitter,
  compose,
  type Images,
  normalize,
  randomResizedCrop,
  resize,
  type Transform,
  toFloat,
} from '../../src/data/transforms/index.js';
import { drawWindow } from '../../src/data/transforms/resize.js';
import { stagesOf } from '../../src/data/transforms/transform.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import { Generator } from '../../src/tensor/random.js';
import { filled } from '../helpers/fill.js';
import { type Picture, planes } from '../helpers/pictures.js';
import { root } from '../helpers/sources.js';

interface GoldenImage {
  readonly key: string;
  readonly height: number;
  readonly width: number;
  readonly to?: [number, number];
  readonly change?: 'brightness' | 'contrast' | 'saturation' | 'hue';
  readonly factor: number;
  readonly bytes: string;
}

const cases: GoldenImage[] = JSON.parse(readFileSync(join(root, 'test/golden/images.json'), 'utf8')).cases;

const generator = (seed = 1) => new Generator(seed);

/** Bytes that depend only on the name. */
function picture(name: string, height: number, width: number, channels = 3): Picture {
  const values = Uint8Array.from(filled(height * width * channels, name, 0, 1), (x) => Math.floor(256 * x));
  return { height, width, data: values };
}

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** Images whose pixels are their places, so that a crop shows where it comes from. */
const places = (height: number, width: number): Images => ({
  data: Float32Array.from({ length: height * width }, (_, i) => i),
  count: 1,
  channels: 1,
  height,
  width,
});

const sizes = fc.integer({ min: 1, max: 40 });

describe('resize', () => {
  it.each(cases.filter(({ to }) => to))("computes Pillow's bytes: $key to $to", ({ key, height, width, to, bytes }) => {
    const made = resize(to as [number, number]).apply(planes(picture(key, height, width)), generator());
    expect([made.height, made.width]).toEqual(to);
    expect(made.data).toEqual(planes({ height: made.height, width: made.width, data: bytesOf(bytes) }).data);
  });

  it('gives the shorter side the length, and keeps the proportion rounded down', () => {
    const sizeOf = (size: number, height: number, width: number) => {
      const made = resize(size).apply(places(height, width), generator());
      return [made.height, made.width];
    };
    expect(sizeOf(256, 375, 500)).toEqual([256, 341]);
    expect(sizeOf(256, 500, 375)).toEqual([341, 256]);
    expect(sizeOf(7, 3, 3)).toEqual([7, 7]);
    expect(sizeOf(3, 3, 100)).toEqual([3, 100]);
  });

  it('keeps even areas and the range of values, and treats floats like bytes', () => {
    fc.assert(
      fc.property(sizes, sizes, sizes, sizes, fc.nat(255), (height, width, toHeight, toWidth, value) => {
        const images = planes(picture('even', height, width));
        const floats = { ...images, data: Float32Array.from(images.data) };
        const bytes = resize([toHeight, toWidth]).apply(images, generator());
        const exact = resize([toHeight, toWidth]).apply(floats, generator());
        expect(exact.data.length).toBe(3 * toHeight * toWidth);
        // two roundings to bytes, of at most half a level each
        const furthest = Array.from(exact.data).reduce((most, v, i) => Math.max(most, Math.abs(v - bytes.data[i])), 0);
        expect(furthest).toBeLessThan(1.001);
        const even = { ...images, data: new Uint8Array(images.data.length).fill(value) };
        expect(new Set(resize([toHeight, toWidth]).apply(even, generator()).data)).toEqual(new Set([value]));
      }),
      { numRuns: 40 },
    );
  });

  it('treats each image of a batch alone', () => {
    const [a, b] = ['a', 'b'].map((name) => planes(picture(name, 6, 5)));
    const both = { ...a, count: 2, data: Uint8Array.from([...a.data, ...b.data]) };
    const made = resize(3).apply(both, generator());
    const alone = [a, b].flatMap((each) => [...resize(3).apply(each, generator()).data]);
    expect([...made.data]).toEqual(alone);
  });

  it('rejects sizes that are not positive integers, and results that are too large', () => {
    for (const size of [0, 1.5, [3], [3, -1], 'large']) expect(() => resize(size as never)).toThrow(ValueError);
    expect(() => resize(40_000).apply(places(2, 2), generator())).toThrow(
      'resize: expected results of at most 1073741824 values in all, got 1600000000',
    );
  });
});

describe('centerCrop', () => {
  it('cuts out the middle, rounding halves to even numbers as Python does', () => {
    const first = (size: number, height: number, width: number) => {
      const { data } = centerCrop(size).apply(places(height, width), generator());
      return [Math.floor(data[0] / width), data[0] % width];
    };
    expect(first(3, 4, 5)).toEqual([0, 1]); // 0.5 and 1
    expect(first(2, 5, 7)).toEqual([2, 2]); // 1.5 and 2.5
    expect(first(1, 7, 1)).toEqual([3, 0]);
  });

  it('pads smaller images with 0', () => {
    const { data } = centerCrop([4, 2]).apply(places(1, 2), generator());
    expect([...data]).toEqual([0, 0, 0, 1, 0, 0, 0, 0]);
  });
});

describe('randomResizedCrop', () => {
  /** Numbers to draw, in order; whole numbers for `below`. */
  const drawing = (...values: number[]) => {
    const draw = () => values.shift() ?? expect.fail('too many draws');
    return { uniform: draw, below: draw } as unknown as Generator;
  };

  it("draws area and proportion as torchvision's get_params does", () => {
    // area 0.08 + 0.92 * 0.5 = 0.54 of 200 * 300; proportion exp(log(4 / 3) * 0.5) = 1.1547: 193 x 168
    const made = randomResizedCrop([168, 193]).apply(places(200, 300), drawing(0.5, 0.75, 20, 40));
    expect([made.data[0], made.data.at(-1)]).toEqual([20 * 300 + 40, 187 * 300 + 232]);
  });

  it('takes the largest centred part if none fits ten times', () => {
    const draws = () => drawing(...Array.from({ length: 20 }, () => 0.999));
    const wide = randomResizedCrop([30, 40]).apply(places(30, 200), draws());
    expect([wide.data[0], wide.data.at(-1)]).toEqual([80, 29 * 200 + 119]);
    const high = randomResizedCrop([40, 30]).apply(places(200, 30), draws());
    expect([high.data[0], high.data.at(-1)]).toEqual([80 * 30, 119 * 30 + 29]);
    const between = randomResizedCrop([30, 31], { scale: [2, 2] }).apply(places(30, 31), draws());
    expect(between.data).toEqual(places(30, 31).data);
  });

  it('stays inside images of any size, within the shares and proportions', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (height, width, seed) => {
        const made = randomResizedCrop(5).apply(places(height, width), generator(seed));
        expect([made.height, made.width]).toEqual([5, 5]);
        for (const value of made.data) expect(value >= 0 && value <= height * width - 1).toBe(true);
        expect(randomResizedCrop(5).apply(places(height, width), generator(seed)).data).toEqual(made.data);
      }),
    );
  });

  it('draws areas evenly and proportions within their range', () => {
    const scale = [0.08, 1] as const;
    const ratio = [3 / 4, 4 / 3] as const;
    const windows = Array.from({ length: 2000 }, (_, seed) =>
      drawWindow({ height: 1000, width: 1000 }, { scale, ratio }, generator(seed)),
    );
    const shares = windows.map(({ height, width }) => (height * width) / 1e6);
    for (const { top, left, height, width } of windows) {
      expect(top >= 0 && left >= 0 && top + height <= 1000 && left + width <= 1000).toBe(true);
      expect(width / height).toBeGreaterThan(0.745);
      expect(width / height).toBeLessThan(1.34);
    }
    expect(Math.min(...shares)).toBeGreaterThan(0.079);
    // those above 3 / 4 do not always fit
    const below = (share: number) =>
      shares.filter((each) => each < share).length / shares.filter((s) => s < 0.72).length;
    expect(Math.abs(below(0.4) - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(below(0.24) - 0.25)).toBeLessThan(0.04);
    const tops = windows.map(({ top, height }) => top / (1000 - height + 1));
    expect(Math.abs(tops.filter((top) => top < 0.5).length / tops.length - 0.5)).toBeLessThan(0.04);
  });

  it('rejects unknown options and empty ranges', () => {
    for (const options of [{ scale: [1, 0.5] }, { ratio: [0, 1] }, { scale: 1 }, { area: [0, 1] }]) {
      expect(() => randomResizedCrop(5, options as never)).toThrow(ValueError);
    }
  });
});

describe('colours', () => {
  const changes = {
    brightness: adjustBrightness,
    contrast: adjustContrast,
    saturation: adjustSaturation,
    hue: adjustHue,
  };

  it.each(cases.filter(({ change }) => change))("are changed to Pillow's bytes: $key", (golden) => {
    const { key, height, width, change, factor, bytes } = golden;
    const { data } = picture(key, height, width);
    for (let i = 0; i < 2 * width; i++) data.fill(data[3 * i], 3 * i, 3 * i + 3);
    const images = planes({ height, width, data });
    changes[change as keyof typeof changes](images, 0, factor);
    expect(images.data).toEqual(planes({ height, width, data: bytesOf(bytes) }).data);
  });

  it('are jittered in random order with factors in the ranges', () => {
    const images = () => planes(picture('jitter', 8, 9));
    const exact = (name: string) =>
      colorJitter({ [name]: [1.3, 1.3], ...(name === 'hue' && { hue: [0.2, 0.2] }) }).apply(images(), generator()).data;
    for (const [name, adjust] of Object.entries(changes)) {
      const expected = images();
      adjust(expected, 0, name === 'hue' ? 0.2 : 1.3);
      expect(exact(name)).toEqual(expected.data);
      expect(exact(name)).not.toEqual(images().data);
    }
    const all = colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 });
    const made = (seed: number) => all.apply(images(), generator(seed)).data.join();
    expect(new Set([1, 2, 3, 1].map(made)).size).toBe(3);
    expect(colorJitter().apply(images(), generator()).data).toEqual(images().data);
    const means = Array.from({ length: 300 }, (_, seed) => {
      const one = { data: Uint8Array.of(100), count: 1, channels: 1, height: 1, width: 1 };
      return colorJitter({ brightness: 0.4 }).apply(one, generator(seed)).data[0];
    });
    expect([Math.min(...means) >= 60, Math.min(...means) < 65]).toEqual([true, true]);
    expect([Math.max(...means) <= 140, Math.max(...means) > 135]).toEqual([true, true]);
  });

  it('are those of bytes with one or three channels', () => {
    const jitter = colorJitter({ brightness: 1 });
    expect(() => jitter.apply(places(2, 2), generator())).toThrow(
      /expected bytes, before normalize or toFloat, of 1 or 3 channels, got floats of 1/,
    );
    const four = { data: new Uint8Array(4), count: 1, channels: 4, height: 1, width: 1 };
    expect(() => jitter.apply(four, generator())).toThrow(ShapeError);
    const grey = { ...four, channels: 1, width: 4, data: Uint8Array.of(1, 2, 3, 4) };
    const made = colorJitter({ saturation: [2, 2], hue: [0.5, 0.5] }).apply(grey, generator());
    expect([...made.data]).toEqual([1, 2, 3, 4]);
    for (const options of [{ hue: 0.6 }, { brightness: -1 }, { contrast: [2, 1] }, { saturation: [-1, 1] }]) {
      expect(() => colorJitter(options as never)).toThrow(ValueError);
    }
  });
});

describe('the recipe of a transform', () => {
  it('makes the same transform again', () => {
    const all: Transform[] = [
      resize([9, 8]),
      transforms.randomCrop(7, { padding: 2, fill: 3 }),
      randomResizedCrop(6, { scale: [0.5, 1] }),
      transforms.randomHorizontalFlip(0.5),
      colorJitter({ contrast: 0.5 }),
      centerCrop(5),
      toFloat(),
      normalize([0.1, 0.2, 0.3], [1, 2, 3]),
    ];
    const makers = transforms as unknown as Record<string, (...args: unknown[]) => Transform>;
    const made = structuredClone(all.map(({ recipe }) => recipe)).map((recipe) => {
      if (!recipe) return expect.fail('no recipe');
      return makers[recipe.name](...recipe.args);
    });
    const images = () => planes(picture('recipe', 11, 10));
    const applied = (stages: Transform[]) => compose(...stages).apply(images(), generator(4)).data;
    expect(applied(made)).toEqual(applied(all));
    const names = new Set(all.map(({ recipe }) => recipe?.name));
    expect([...names, 'compose'].sort()).toEqual(Object.keys(transforms).sort());
    expect(stagesOf(compose(all[0], compose(all[1], compose()), all[2]))).toEqual(all.slice(0, 3));
  });
});
