import { describe, expect, it } from 'vitest';
import { compose, normalize, randomCrop, randomHorizontalFlip } from '../../src/data/transforms/index.js';
import { ImageDataset } from '../../src/data/vision/image-dataset.js';
import { pairwiseLabelNoise } from '../../src/data/vision/label-noise.js';
import { ShapeError, ValueError } from '../../src/errors.js';
import { Generator } from '../../src/tensor/random.js';
import '../helpers/reference.js';

const classes = ['a', 'b', 'c'];
const dataset = new ImageDataset({
  images: Uint8Array.from({ length: 3 * 2 * 2 * 2 }, (_, i) => i * 10),
  labels: [2, 0, 1],
  shape: [2, 2, 2],
  classes,
});

describe('ImageDataset', () => {
  it('returns images in [0, 1] and int32 labels', () => {
    const { images, labels } = dataset.batch(Int32Array.of(2, 0), new Generator(0));
    expect(images.shape).toEqual([2, 2, 2, 2]);
    expect(images.dtype).toBe('float32');
    expect(Array.from(images.dataSync(), (v) => Math.round(v * 255))).toEqual([
      ...[160, 170, 180, 190, 200, 210, 220, 230],
      ...[0, 10, 20, 30, 40, 50, 60, 70],
    ]);
    expect(labels.dtype).toBe('int32');
    expect(Array.from(labels.dataSync())).toEqual([1, 2]);
  });

  it('prepares batches without changing its bytes', () => {
    const transform = compose(randomCrop(2, { padding: 1 }), randomHorizontalFlip(1), normalize([0, 0], [1, 1]));
    const before = dataset.images.slice();
    const augmented = dataset.withTransform(transform);
    expect(augmented.random).toBe(true);
    const draw = () => Array.from(augmented.batch(Int32Array.of(0, 1, 2), new Generator(4)).images.dataSync());
    expect(draw()).toEqual(draw());
    expect(dataset.images).toEqual(before);
  });

  it('can be sliced, selected from and relabelled', () => {
    const cut = dataset.slice(1, 3);
    expect([cut.length, ...cut.labels]).toEqual([2, 0, 1]);
    expect(cut.images[0]).toBe(80);
    const picked = dataset.select([2, 2]);
    expect([...picked.labels, picked.images[8]]).toEqual([1, 1, 160]);
    expect([...dataset.withLabels([0, 0, 0]).labels]).toEqual([0, 0, 0]);
    expect(dataset.slice(0, 0).length).toBe(0);
  });

  it('rejects images, labels and indices that do not fit', () => {
    const wrong = { images: new Uint8Array(7), labels: [0], shape: [2, 2, 2] as const, classes };
    expect(() => new ImageDataset(wrong)).toThrow(ShapeError);
    expect(() => new ImageDataset(wrong)).toThrow('expected 1 images of 2 x 2 x 2 bytes, got 7 bytes');
    expect(() => dataset.withLabels([0, 3, 0])).toThrow('expected labels from 0 to 2, got 3 at 1');
    expect(() => dataset.withLabels([0, 0.5, 0])).toThrow('got 0.5 at 1');
    expect(() => dataset.slice(0, 4)).toThrow(ValueError);
    expect(() => dataset.select([3])).toThrow('expected indices from 0 to 2, got 3');
  });
});

describe('pairwiseLabelNoise', () => {
  const labels = Int32Array.from({ length: 50_000 }, (_, i) => i % 10);

  it('moves the documented share of labels to the next class, the same labels for the same seed', () => {
    const noisy = pairwiseLabelNoise(labels, 0.4, 10, 1);
    const flipped = noisy.filter((label, i) => label !== labels[i]).length / labels.length;
    expect(Math.abs(flipped - 0.4)).toBeLessThan(5 * Math.sqrt((0.4 * 0.6) / labels.length));
    expect(noisy.every((label, i) => label === labels[i] || label === (labels[i] + 1) % 10)).toBe(true);
    expect(pairwiseLabelNoise(labels, 0.4, 10, 1)).toEqual(noisy);
    expect(pairwiseLabelNoise(labels, 0.4, 10, 2)).not.toEqual(noisy);
    expect(labels[9]).toBe(9);
  });

  it('moves no label at rate 0 and all labels at rate 1', () => {
    expect(pairwiseLabelNoise([0, 1, 2], 0, 3, 0)).toEqual(Int32Array.of(0, 1, 2));
    expect(pairwiseLabelNoise([0, 1, 2], 1, 3, 0)).toEqual(Int32Array.of(1, 2, 0));
  });

  it('rejects rates, classes and labels out of range', () => {
    expect(() => pairwiseLabelNoise([0], 1.5, 10, 0)).toThrow(/expected rate in \[0, 1\], got 1.5/);
    expect(() => pairwiseLabelNoise([0], Number.NaN, 10, 0)).toThrow(ValueError);
    expect(() => pairwiseLabelNoise([0], 0.5, 1, 0)).toThrow(/numClasses to be an integer >= 2, got 1/);
    expect(() => pairwiseLabelNoise([0, 10], 0.5, 10, 0)).toThrow(/labels from 0 to 9, got 10 at 1/);
  });
});
