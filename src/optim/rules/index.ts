export { adaptive, adaptiveDescent, adaptiveScalars } from './adaptive.js';
export { common } from './common.js';
export { forEachMomentum, movingAverage, startingFrom } from './momentum.js';
export { momentumPair } from './momentum-pair.js';
export { largestSecondMoment, secondMoment } from './second-moment.js';
export { type Lines, type Preparation, type Update, update } from './update.js';
