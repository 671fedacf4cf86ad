import { data } from '../../../src/index.js';
import { filled } from '../../helpers/fill.js';

/** 28 x 28 images that are easy to classify: each class is a bright bar at a different place, in noise. */
export function barImages(count: number, name: string): data.ImageDataset {
  const labels = Array.from(filled(count, `${name}/labels`, 0, 10), Math.floor);
  const images = Uint8Array.from(filled(count * 784, `${name}/noise`, 0, 60));
  labels.forEach((label, i) => {
    const [row, column] = [4 + 4 * (label % 5), label < 5 ? 2 : 15];
    for (let y = row; y < row + 3; y++) images.fill(230, i * 784 + y * 28 + column, i * 784 + y * 28 + column + 11);
  });
  return new data.ImageDataset({ images, labels, shape: [1, 28, 28], classes: [...'0123456789'] });
}

/** A small replacement for MNIST. */
export const barSet: { readonly train: data.ImageDataset; readonly test: data.ImageDataset } = {
  train: barImages(512, 'train'),
  test: barImages(100, 'test'),
};
