export { type ColorJitterOptions, colorJitter, type JitterRange } from './color-jitter.js';
export { centerCrop, type RandomCropOptions, randomCrop } from './crop.js';
export { randomHorizontalFlip } from './flip.js';
export { normalize, toFloat } from './normalize.js';
export { type RandomResizedCropOptions, randomResizedCrop, resize } from './resize.js';
export { compose, type Images, type Recipe, type Transform } from './transform.js';
