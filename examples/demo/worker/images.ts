import { data } from 'antinode';
import type { Shown } from '../protocol.js';

/** The training images and the test images. */
export interface Images {
  readonly train: data.ImageDataset;
  readonly test: data.ImageDataset;
}

/** How many test images the page shows. */
export const shownCount = 24;

/**
 * Fetches MNIST from the server that the worker was loaded from.
 *
 * @throws Error when a file is missing or damaged.
 */
export async function fetchImages(): Promise<Images> {
  const [train, test] = await Promise.all(['train', 't10k'].map(fetchSplit));
  return { train, test };
}

async function fetchSplit(split: string): Promise<data.ImageDataset> {
  const [images, labels] = await Promise.all([
    fetchBytes(`data/${split}-images-idx3-ubyte`),
    fetchBytes(`data/${split}-labels-idx1-ubyte`),
  ]);
  return data.mnistFromBytes(images, labels, data.transforms.normalize(data.mnistMean, data.mnistStd));
}

async function fetchBytes(name: string): Promise<data.NamedBytes> {
  const response = await fetch(new URL(name, location.href));
  if (!response.ok) throw new Error(`${name}: expected a file, got ${response.status} ${response.statusText}`);
  return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
}

/** Returns the first test images, for the page. */
export function shownOf({ train, test }: Images): Shown {
  const [, height, width] = test.shape;
  const count = Math.min(shownCount, test.length);
  return {
    kind: 'images',
    height,
    width,
    pixels: test.images.slice(0, count * height * width),
    labels: [...test.labels.slice(0, count)],
    trainCount: train.length,
  };
}
