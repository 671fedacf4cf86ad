import { data } from 'antinode';
import { showFetching } from '../shared/fetching.js';
import type { Route, Routes } from './serve.js';

/** The images of the demo. */
export interface DemoImages {
  readonly train: data.ImageDataset;
  readonly test: data.ImageDataset;
}

/** MNIST from a folder, or from the cache, which is filled with a progress bar when it is empty. */
export function loadImages(dir: string | null): Promise<DemoImages> {
  return showFetching(async (onProgress) => {
    const source = { dir: dir ?? undefined, onProgress };
    const train = await data.mnist({ ...source, split: 'train' });
    const test = await data.mnist({ ...source, split: 'test' });
    return { train, test };
  });
}

/** The images as MNIST's four files, below data/. */
export function imageRoutes({ train, test }: DemoImages): Routes {
  return new Map([
    ['/data/train-images-idx3-ubyte', idxFile([train.length, ...train.shape.slice(1)], train.images)],
    ['/data/train-labels-idx1-ubyte', idxFile([train.length], Uint8Array.from(train.labels))],
    ['/data/t10k-images-idx3-ubyte', idxFile([test.length, ...test.shape.slice(1)], test.images)],
    ['/data/t10k-labels-idx1-ubyte', idxFile([test.length], Uint8Array.from(test.labels))],
  ]);
}

/** Bytes in MNIST's form: the type of its values, the lengths of the axes in big-endian order, and the values. */
function idxFile(shape: readonly number[], values: Uint8Array): Route {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x800 + shape.length);
  shape.forEach((length, axis) => {
    header.setUint32(4 + 4 * axis, length);
  });
  return { type: 'application/octet-stream', parts: [new Uint8Array(header.buffer), values] };
}
