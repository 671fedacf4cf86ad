import '../helpers/reference.js';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataLoader, type DataLoaderOptions } from '../../src/data/data-loader.js';
import { type Dataset, Subset } from '../../src/data/dataset.js';
import {
  compose,
  normalize,
  randomHorizontalFlip,
  randomResizedCrop,
  type Transform,
} from '../../src/data/transforms/index.js';
import type { ImageBatch } from '../../src/data/vision/image-dataset.js';
import { imageFolder } from '../../src/data/vision/image-folder.js';
import { AntinodeError, FileError, ShapeError, ValueError } from '../../src/errors.js';
import { manualSeed } from '../../src/tensor/random.js';
import { jpegOf, writeFiles } from '../helpers/image-files.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-images-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const photo = jpegOf('photo', 12, 10);

/** Makes a folder with these files. */
function make(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  writeFiles(join(folder, name), files);
  return join(folder, name);
}

/** The threads that run, of those started during a test. */
const threads = new Set<Worker>();
let started = 0;
const onWorker = (worker: Worker) => {
  started++;
  threads.add(worker);
  worker.once('exit', () => threads.delete(worker));
};
beforeEach(() => {
  started = 0;
  process.on('worker', onWorker);
});
afterEach(async () => {
  process.off('worker', onWorker);
  await ended();
});

/** Waits until no thread runs; a test fails if one goes on. */
async function ended(): Promise<void> {
  for (let i = 0; threads.size > 0 && i < 500; i++) await new Promise((done) => setTimeout(done, 10));
  expect(threads.size).toBe(0);
}

describe('imageFolder', () => {
  it('numbers sub-folders by name and lists images in the order of torchvision', async () => {
    const dir = make('listed', {
      'b/2.JPEG': photo,
      'b/10.jpeg': photo,
      'b/notes.txt': 'no image',
      'b/.hidden.jpg': 'no image',
      'a/deep/er/z.png': photo,
      'a/deep-0/y.Jpg': photo,
      'a/x.PNG': photo,
      '.cache/c.jpg': photo,
      'readme.jpg': photo,
    });
    const images = await imageFolder(dir);
    expect(images.classes).toEqual(['a', 'b']);
    expect(images.classToIdx).toEqual({ a: 0, b: 1 });
    expect(images.files).toEqual(['a/x.PNG', 'a/deep-0/y.Jpg', 'a/deep/er/z.png', 'b/10.jpeg', 'b/2.JPEG']);
    expect([...images.labels]).toEqual([0, 0, 0, 1, 1]);
    expect([images.length, images.random, images.transform]).toEqual([5, false, null]);
  });

  // links need a privilege on Windows
  it.runIf(process.platform !== 'win32')('follows links, but not in circles', async () => {
    const dir = make('linked', { 'a/1.jpg': photo, 'a/sub/2.jpg': photo });
    const other = make('elsewhere', { '3.jpg': photo, '4.jpg': photo });
    symlinkSync(dir, join(dir, 'a/sub/up'));
    symlinkSync(join(dir, 'a'), join(dir, 'a/sub/here'));
    symlinkSync(other, join(dir, 'b'));
    symlinkSync(join(other, '4.jpg'), join(dir, 'a/0.jpg'));
    expect((await imageFolder(dir)).files).toEqual(['a/0.jpg', 'a/1.jpg', 'a/sub/2.jpg', 'b/3.jpg', 'b/4.jpg']);
    symlinkSync(join(dir, 'a/loop.jpg'), join(dir, 'a/loop.jpg'));
    await expect(imageFolder(dir)).rejects.toThrow(/a\/loop.jpg: expected an image, got a link that leads nowhere/);
  });

  it('rejects folders without classes or images, formats that it cannot read, and wrong options', async () => {
    const rejects = (dir: string, message: RegExp) => expect(imageFolder(dir)).rejects.toThrow(message);
    await rejects(join(folder, 'missing'), /missing: expected a folder that can be read, got .*ENOENT/);
    await rejects(make('flat', { 'a.jpg': photo }), /flat: expected a folder with one sub-folder per class/);
    const empty = make('empty', { 'a/1.jpg': photo, 'b/notes.txt': '' });
    await rejects(empty, /b: expected images \(.jpg, .jpeg or .png\) of the class b, got none/);
    expect((await imageFolder(empty, { allowEmpty: true })).classes).toEqual(['a', 'b']);
    const odd = make('odd', { 'a/1.jpg': photo, 'a/2.WebP': photo });
    await rejects(odd, /2.WebP: expected JPEG or PNG images, got the format WebP/);
    await expect(imageFolder(3 as never)).rejects.toThrow(ValueError);
    await expect(imageFolder(odd, { maxPixels: 0 })).rejects.toThrow(/maxPixels to be an integer >= 1, got 0/);
  });

  it('selects images and changes labels and the transform', async () => {
    const images = await imageFolder(make('changed', { 'a/1.jpg': photo, 'b/2.jpg': photo, 'b/3.jpg': photo }));
    const some = images.select([2, 0]);
    expect([some.files, [...some.labels]]).toEqual([
      ['b/3.jpg', 'a/1.jpg'],
      [1, 0],
    ]);
    expect([...images.withLabels([1, 0, 0]).labels]).toEqual([1, 0, 0]);
    expect(images.withTransform(randomHorizontalFlip()).random).toBe(true);
    expect(() => images.select([3])).toThrow('ImageFolder: expected indices from 0 to 2, got 3');
    expect(() => images.withLabels([1])).toThrow(ShapeError);
    expect(() => images.withLabels([1, 2, 0])).toThrow(ValueError);
    expect(() => images.withTransform({} as never)).toThrow(ValueError);
  });
});

/** Everything that a loader yields, as text. */
async function all(dataset: Dataset<ImageBatch>, options: DataLoaderOptions): Promise<string[]> {
  const batches: string[] = [];
  for await (const { images, labels } of new DataLoader(dataset, options)) {
    batches.push(`${images.shape} ${images.dataSync().join()} ${labels.dataSync().join()}`);
  }
  return batches;
}

const sizes = [
  [12, 10],
  [30, 20],
  [8, 25],
];
const files = Object.fromEntries(
  Array.from({ length: 11 }, (_, i) => [
    `${'abc'[i % 3]}/${i}.jpg`,
    jpegOf(`${i}`, ...(sizes[i % 3] as [number, number])),
  ]),
);
const augmented = compose(randomResizedCrop(6), randomHorizontalFlip(), normalize([0.5, 0.5, 0.5], [1, 1, 2]));

/** A transform of a user, which has no recipe. */
const noise: Transform = {
  random: true,
  apply: (images, generator) => ({ ...images, data: Float32Array.from(images.data, (v) => v + generator.uniform()) }),
};

describe('a loader of an image folder', () => {
  it('yields the same batches with any number of threads and of batches ahead', async () => {
    const dir = make('loaded', files);
    for (const transform of [augmented, compose(augmented, noise), compose(noise, randomResizedCrop(5))]) {
      const images = await imageFolder(dir, { transform });
      const options = { batchSize: 4, shuffle: true, seed: 7 };
      const alone = await all(images, { ...options, workers: 0 });
      expect(started).toBe(0);
      expect(new Set(alone).size).toBe(3);
      expect(await all(images, { ...options, workers: 1, prefetch: 0 })).toEqual(alone);
      expect(await all(images, { ...options, workers: 3, prefetch: 9 })).toEqual(alone);
      expect(
        await all(
          new Subset(
            images,
            Array.from({ length: 11 }, (_, i) => i),
          ),
          options,
        ),
      ).toEqual(alone);
      expect(await all(images, { ...options, seed: 8 })).not.toEqual(alone);
      expect(started).toBeGreaterThan(4);
      started = 0;
    }
    await ended();
  });

  it('yields float images and the labels of the files', async () => {
    const images = await imageFolder(make('plain', { 'a/1.jpg': photo, 'b/2.jpg': photo }));
    for await (const { images: batch, labels } of new DataLoader(images, { batchSize: 2 })) {
      expect([batch.shape, batch.dtype]).toEqual([[2, 3, 10, 12], 'float32']);
      expect([[...labels.dataSync()], labels.dtype]).toEqual([[0, 1], 'int32']);
      const values = batch.dataSync();
      expect(Math.max(...values)).toBeLessThanOrEqual(1);
      expect(Math.max(...values)).toBeGreaterThan(0.5);
    }
  });

  it('continues from a state saved in the middle of an epoch, whatever was read ahead', async () => {
    const images = await imageFolder(make('resumed', files), { transform: augmented });
    const options = { batchSize: 2, shuffle: true, seed: 3 };
    const whole = [...(await all(images, options)), ...(await all(images, { ...options, seed: 3 }))].slice(0, 6);
    const first = new DataLoader(images, { ...options, workers: 2, prefetch: 3 });
    const seen: string[] = [];
    const textOf = (batch: ImageBatch) =>
      `${batch.images.shape} ${batch.images.dataSync().join()} ${batch.labels.dataSync().join()}`;
    for await (const batch of first) {
      seen.push(textOf(batch));
      if (seen.length === 2) break;
    }
    const saved = new DataLoader(images, { ...options, workers: 2, prefetch: 3 });
    let count = 0;
    let state = saved.stateDict();
    for await (const _ of saved) {
      if (++count === 2) {
        state = saved.stateDict();
        break;
      }
    }
    const second = new DataLoader(images, { ...options, workers: 0 });
    second.loadStateDict(JSON.parse(JSON.stringify(state)));
    for await (const batch of second) seen.push(textOf(batch));
    expect(seen).toEqual(whole);
  });

  it('ends its threads when the loop is left, also by an error', async () => {
    const images = await imageFolder(make('left', files), { transform: augmented });
    const loader = new DataLoader(images, { batchSize: 2, workers: 2, prefetch: 4 });
    for await (const _ of loader) break;
    await ended();
    const failing = async () => {
      for await (const _ of loader) throw new Error('in the body');
    };
    await expect(failing()).rejects.toThrow('in the body');
    await ended();
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return();
    expect(started).toBe(6);
  });

  it('throws the error of an image when the loop comes to it', async () => {
    const dir = make('damaged', files);
    writeFileSync(join(dir, 'b/7.jpg'), photo.subarray(0, 60));
    writeFileSync(join(dir, 'c/11.jpg'), 'text');
    const images = await imageFolder(dir, { transform: augmented });
    for (const workers of [0, 2]) {
      let batches = 0;
      const run = async () => {
        for await (const _ of new DataLoader(images, { batchSize: 2, workers, prefetch: 9 })) batches++;
      };
      const error = await run().catch((reason) => reason);
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toMatch(/damaged[\\/]b[\\/]7.jpg: expected a JPEG image, got /);
      expect(batches).toBe(3);
      await ended();
    }
  });

  it('names the files of images that differ in size, and of those that a transform rejects', async () => {
    const images = await imageFolder(make('several', files));
    for (const workers of [0, 2]) {
      const error = await all(images, { batchSize: 11, workers }).catch((reason) => reason);
      expect(error).toBeInstanceOf(ShapeError);
      expect(error.message).toMatch(/of one size after the transform .*, got 3 x 10 x 12 from .*0.jpg and .* from .*/);
      const strict = images.withTransform(normalize([0], [1]));
      await expect(all(strict, { batchSize: 2, workers })).rejects.toThrow(
        /several[\\/]a[\\/]0.jpg: normalize: expected images of 1 channels, got 3/,
      );
      const broken = images.withTransform({
        random: false,
        apply: () => {
          throw new RangeError('of the user');
        },
      });
      await expect(all(broken, { batchSize: 2, workers })).rejects.toThrow(new RangeError('of the user'));
    }
  });

  it('reports a thread that ends', async () => {
    const images = await imageFolder(make('killed', files), { transform: augmented });
    const run = async () => {
      for await (const _ of new DataLoader(images, { batchSize: 1, workers: 1, prefetch: 0 })) {
        for (const thread of threads) await thread.terminate();
      }
    };
    const error = await run().catch((reason) => reason);
    expect(error).toBeInstanceOf(AntinodeError);
    expect(error.message).toMatch(/^imageFolder: expected worker threads that run, got one that ended with status 1/);
  });

  it('follows manualSeed without a seed of its own', async () => {
    const images = await imageFolder(make('seeded', files), { transform: augmented });
    const run = (seed: number) => {
      manualSeed(seed);
      return all(images, { batchSize: 11 });
    };
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect([a.join() === b.join(), a.join() === c.join()]).toEqual([true, false]);
  });

  it('reads folders whose files change', async () => {
    const dir = make('gone', files);
    const images = await imageFolder(dir, { transform: augmented });
    rmSync(join(dir, 'a/0.jpg'));
    mkdirSync(join(dir, 'a/0.jpg'));
    await expect(all(images, { batchSize: 1 })).rejects.toThrow(
      /an image file of at most .* got something that is not/,
    );
    rmSync(join(dir, 'a/0.jpg'), { recursive: true });
    await expect(all(images, { batchSize: 1 })).rejects.toThrow(
      /0.jpg: expected an image file that can be read, got .*ENOENT/,
    );
  });
});
