import type { Pair } from '../protocol.js';

/** The values of both sides at a step. */
export interface Point {
  readonly step: number;
  readonly values: Pair<number>;
}

/** The maximum number of points that a curve keeps: more than a chart has pixels. */
const mostPoints = 2000;

/** Values over steps. When there are too many, each pair of neighbours is replaced by its mean. */
export class Curve {
  #points: Point[] = [];
  /** How many values each point is the mean of. */
  #stride = 1;
  #waiting: Point[] = [];

  get points(): readonly Point[] {
    return this.#points;
  }

  add(point: Point): void {
    this.#waiting.push(point);
    if (this.#waiting.length < this.#stride) return;
    this.#points.push(meanOf(this.#waiting));
    this.#waiting = [];
    if (this.#points.length < mostPoints) return;
    this.#points = Array.from({ length: mostPoints / 2 }, (_, i) => meanOf(this.#points.slice(2 * i, 2 * i + 2)));
    this.#stride *= 2;
  }
}

/** Replaces several points by one: their mean values at their last step. */
function meanOf(points: readonly Point[]): Point {
  const mean = (i: 0 | 1) => points.reduce((sum, { values }) => sum + values[i], 0) / points.length;
  return { step: points[points.length - 1].step, values: [mean(0), mean(1)] };
}

/** An exponential running mean of both sides: the weight of a value halves every `halfLife` steps. */
export class Smooth {
  readonly #keep: number;
  #weight = 0;
  #sums: Pair<number> = [0, 0];

  constructor(halfLife: number) {
    this.#keep = 0.5 ** (1 / halfLife);
  }

  /** Adds a value for each side and returns the means so far. */
  add(values: Pair<number>): Pair<number> {
    const sum = (i: 0 | 1) => this.#keep * this.#sums[i] + (1 - this.#keep) * values[i];
    this.#sums = [sum(0), sum(1)];
    this.#weight = this.#keep * this.#weight + 1 - this.#keep;
    return [this.#sums[0] / this.#weight, this.#sums[1] / this.#weight];
  }
}
