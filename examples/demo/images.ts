import { data } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import type { Route, Routes } from './serve.js';

/** The images of the demo. */
export interface DemoImages {
  readonly train: data.ImageDataset;
  readonly test: data.ImageDataset;
}

/** Loads MNIST from a folder or from the cache. An empty cache is filled first, with a progress bar. */
export function loadImages(dir: string | null): Promise<DemoImages> {
  return showFetching(async (onProgress) => {
    const source = { dir: dir ?? undefined, onProgress };
    const train = await data.mnist({ ...source, split: 'train' });
    const test = await data.mnist({ ...source, split: 'test' });
    return { train, test };
  });
}

/** Serves the images as the four files of MNIST, under data/. */
export function imageRoutes({ train, test }: DemoImages): Routes {
  return new Map([
    ['/data/train-images-idx3-ubyte', idxFile([train.length, ...train.shape.slice(1)], train.images)],
    ['/data/train-labels-idx1-ubyte', idxFile([train.length], Uint8Array.from(train.labels))],
    ['/data/t10k-images-idx3-ubyte', idxFile([test.length, ...test.shape.slice(1)], test.images)],
    ['/data/t10k-labels-idx1-ubyte', idxFile([test.length], Uint8Array.from(test.labels))],
  ]);
}

/** Encodes values in the file format of MNIST (IDX): the type of the values, the axis lengths (big-endian), the values. */
function idxFile(shape: readonly number[], values: Uint8Array): Route {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x800 + shape.length);
  shape.forEach((length, axis) => {
    header.setUint32(4 + 4 * axis, length);
  });
  return { type: 'application/octet-stream', parts: [new Uint8Array(header.buffer), values] };
}
