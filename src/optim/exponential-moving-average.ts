import { assign } from '../autograd/parameter.js';
import { AntinodeError, DtypeError, expected, ShapeError, shapeText, textOf, ValueError } from '../errors.js';
import { formula } from '../formula/formula.js';
import { withCleanup } from '../tensor/cleanup.js';
import { expectFunction } from '../tensor/expect.js';
import { prepareCopy } from '../tensor/host.js';
import { keep, scope } from '../tensor/memory/scope.js';
import { flag, fraction } from '../tensor/option-kinds.js';
import { type OptionTable, resolveOptions } from '../tensor/options.js';
import { empty, prepareMapInto } from '../tensor/run.js';
import { sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { checkParams } from './param-groups.js';

/** Options of `ExponentialMovingAverage`. */
export interface ExponentialMovingAverageOptions {
  /** Fraction of the average that an update keeps, in [0, 1). Default 0.999. */
  decay: number;
  /**
   * Keep min(decay, (1 + t) / (10 + t)) in update t = 1, 2 ..., so that early weights are soon forgotten.
   * @default false
   */
  warmup: boolean;
}

/** The state of an `ExponentialMovingAverage`: plain data, and the averages in the order of the parameters. */
export interface ExponentialMovingAverageStateDict extends Readonly<ExponentialMovingAverageOptions> {
  /** Number of updates so far. */
  readonly updates: number;
  readonly averages: readonly Tensor[];
}

const label = 'ExponentialMovingAverage';
const table: OptionTable<ExponentialMovingAverageOptions> = { decay: fraction(0.999), warmup: flag(false) };

// written as a step towards theta, so that the average of weights that do not change stays exact
const follow = formula('average = average + (1 - decay) * (theta - average)', {
  tensors: ['average', 'theta'],
  scalars: ['decay'],
});

/**
 * An exponential moving average of weights (Polyak and Juditsky 1992; Tarvainen and Valpola 2017):
 *
 *     average_t = decay average_{t-1} + (1 - decay) theta_t,   average_0 = theta_0
 *
 * Create it once the parameters have their initial values, and call `update` after each step of the optimizer. It
 * averages only the tensors that it is given, on their device: the running statistics of batch normalisation stay those
 * of the raw weights unless their float32 buffers are given along with the parameters.
 *
 * @example
 * const ema = new optim.ExponentialMovingAverage(model.parameters(), { decay: 0.999 });
 * // in each step: optimizer.step(); ema.update();
 * const accuracy = await ema.apply(() => evaluate(model));
 */
export class ExponentialMovingAverage {
  #options: ExponentialMovingAverageOptions;
  readonly #params: readonly Tensor[];
  readonly #averages: readonly Tensor[];
  #updates = 0;
  #applied = false;

  /**
   * @throws ValueError for unknown or invalid options, no parameters, and parameters that are given twice or are not
   * leaves; DtypeError unless they are float32.
   */
  constructor(params: Iterable<Tensor>, options: Readonly<Partial<ExponentialMovingAverageOptions>> = {}) {
    this.#options = resolveOptions(label, table, options);
    this.#params = checkParams(label, params, new Set());
    if (this.#params.length === 0) throw new ValueError(expected(label, 'at least one parameter', 'none'));
    this.#averages = copies(this.#params);
  }

  /**
   * The averages in the order of the parameters. The tensors belong to this object, and the next update changes them.
   */
  get averages(): readonly Tensor[] {
    return this.#averages;
  }

  /** Number of updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Moves the averages towards the parameters, in place.
   * @throws AntinodeError inside `apply`.
   */
  update(): void {
    this.#expectRaw('update');
    const t = this.#updates + 1;
    const { decay: limit, warmup } = this.#options;
    const decay = warmup ? Math.min(limit, (1 + t) / (10 + t)) : limit;
    const writes = this.#params.map((theta, i) =>
      prepareMapInto(label, follow, { average: this.#averages[i], theta }, { decay }),
    );
    for (const write of writes) write();
    this.#updates = t;
  }

  /**
   * Runs `body` with the averages in place of the parameters, and returns its result. Afterwards restores the
   * parameters bit for bit, also if `body` throws; if `body` returns a promise, restores them when that settles.
   * Changes that `body` makes to the parameters are lost. Needs memory for one more copy of the parameters while it
   * runs.
   * @throws AntinodeError inside another `apply`.
   */
  apply<R>(body: () => R): R {
    expectFunction(label, 'a function', body);
    this.#expectRaw('apply');
    const raw = copies(this.#params);
    this.#applied = true;
    const lend = () => {
      write(this.#params, this.#averages);
      return body();
    };
    return withCleanup(lend, () => {
      try {
        write(this.#params, raw);
      } finally {
        for (const t of raw) t.dispose();
        this.#applied = false;
      }
    });
  }

  /**
   * Writes the averages into the parameters permanently, or into those of another model.
   * @throws ValueError, ShapeError or DtypeError, before anything changes, if those do not fit; AntinodeError inside
   * `apply`.
   */
  copyTo(params: Iterable<Tensor> = this.#params): void {
    this.#expectRaw('copyTo');
    const to = checkParams(`${label}.copyTo`, params, new Set());
    checkFit(`${label}.copyTo`, 'parameter', this.#averages, to);
    write(to, this.#averages);
  }

  /**
   * Returns the options, the number of updates and the averages themselves: write or copy those before the next update.
   */
  stateDict(): ExponentialMovingAverageStateDict {
    return { ...this.#options, updates: this.#updates, averages: [...this.#averages] };
  }

  /**
   * Copies a state into this object and replaces its options.
   * @throws ValueError, ShapeError or DtypeError for a state that does not fit, and DeviceError for one on another
   * device that cannot be read synchronously; nothing changes then.
   */
  loadStateDict(dict: ExponentialMovingAverageStateDict): void {
    const op = `${label}.loadStateDict`;
    if (typeof dict !== 'object' || dict === null || !Array.isArray(dict.averages)) {
      throw new ValueError(expected(op, '{ decay, warmup, updates, averages }', textOf(dict)));
    }
    const { updates, averages, ...rest } = dict;
    const options = resolveOptions(op, table, rest);
    if (!Number.isInteger(updates) || updates < 0) {
      throw new ValueError(expected(op, 'an integer >= 0 as updates', textOf(updates)));
    }
    checkFit(op, 'average', this.#averages, averages);
    const writes = this.#averages.map((to, i) => prepareCopy(op, to, averages[i]));
    for (const write of writes) write();
    this.#options = options;
    this.#updates = updates;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const t of this.#averages) t.dispose();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #expectRaw(op: string): void {
    if (!this.#applied) return;
    throw new AntinodeError(expected(`${label}.${op}`, 'a call outside apply', 'a call inside it'));
  }
}

/** Returns copies that no scope frees. */
function copies(tensors: readonly Tensor[]): Tensor[] {
  const made = scope(() =>
    tensors.map((t) => {
      const copy = empty(label, t.shape, 'float32', t.storage.backend);
      assign(copy, t);
      return copy;
    }),
  );
  return made.map((t) => keep(t));
}

function write(to: readonly Tensor[], from: readonly Tensor[]): void {
  const copies = to.map((t, i) => prepareCopy(label, t, from[i]));
  for (const copy of copies) copy();
}

function checkFit(op: string, name: string, own: readonly Tensor[], given: readonly unknown[]): void {
  if (given.length !== own.length) throw new ValueError(expected(op, `${own.length} ${name}s`, `${given.length}`));
  given.forEach((t, i) => {
    const which = `${op}: ${name} ${i}`;
    if (!(t instanceof Tensor)) throw new ValueError(expected(which, 'a tensor', textOf(t)));
    if (t.dtype !== 'float32') throw new DtypeError(expected(which, 'float32', t.dtype));
    if (!sameShape(t.shape, own[i].shape)) {
      throw new ShapeError(expected(which, `shape ${shapeText(own[i].shape)}`, shapeText(t.shape)));
    }
  });
}
