import { gradOf } from '../autograd/graph.js';
import { zeroGrad } from '../autograd/zero-grad.js';
import { DtypeError, expected, ShapeError, shapeText, ValueError } from '../errors.js';
import type { Scalars } from '../tensor/backend.js';
import { scope } from '../tensor/memory/scope.js';
import { nonNegative } from '../tensor/option-kinds.js';
import { type OptionTable, optionsObject, resolveOptions } from '../tensor/options.js';
import { prepareMapInto } from '../tensor/run.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkLayout, type OptimizerStateDict, ParamState, type SavedGroup } from './optimizer-state.js';
import { checkGroup, checkParams, type GroupGiven, groupsOf, type ParamGroup, type Params } from './param-groups.js';
import type { CommonOptions } from './rules/common.js';
import type { Update } from './rules/update.js';

/** An algorithm whose update rule depends on its options. */
export interface ChoosesUpdate<O> {
  update(options: O): Update;
}

/** The definition of an optimizer: the static members of its class. */
export interface Algorithm<O extends CommonOptions> {
  /** Name in messages and state dicts. */
  readonly label: string;
  readonly options: OptionTable<O>;
  /** The update rule, or a function that chooses one for the options of a group. */
  readonly update: Update | ChoosesUpdate<O>['update'];
  /** Returns the numbers that the update rule names, for the t-th step (from 1) of a parameter. */
  scalars(t: number, options: ParamGroup<O>): Scalars;
  /** Returns a message if the options do not fit together, otherwise null. */
  check?(options: O): string | null;
}

/**
 * The base class of all optimizers. It handles groups, step counts, slots, weight decay, direction, validation and
 * state. A step evaluates one formula per parameter, which touches each element of parameter, gradient and slots once.
 */
export abstract class Optimizer<O extends CommonOptions = CommonOptions> {
  /** The groups; their options may be changed between steps. */
  readonly paramGroups: ParamGroup<O>[] = [];
  readonly #algorithm: Algorithm<O>;
  readonly #given: object;
  readonly #states = new Map<Tensor, ParamState>();

  /**
   * @param params parameters, or groups `{ params, ...options }` whose options override `options`
   * @throws ValueError for unknown or invalid options, an empty list, or a parameter that is given twice or is not a
   * leaf; DtypeError unless the parameters are float32.
   */
  constructor(algorithm: Algorithm<O>, params: Params<O>, options: Readonly<Partial<O>>) {
    this.#algorithm = algorithm;
    this.#given = { ...optionsObject(algorithm.label, options) };
    for (const group of groupsOf(algorithm.label, params)) this.addParamGroup(group);
    if (this.#states.size === 0) throw new ValueError(expected(algorithm.label, 'at least one parameter', 'none'));
  }

  /**
   * Adds a group of parameters; options that it does not give are those of the optimizer.
   * @throws ValueError or DtypeError, as the constructor does.
   */
  addParamGroup(group: GroupGiven<O>): void {
    const { label } = this.#algorithm;
    const { params, ...given } = checkGroup<O>(label, group);
    const options = this.#resolve(label, this.#given, given);
    const checked = checkParams(label, params, new Set(this.#states.keys()));
    for (const p of checked) this.#states.set(p, new ParamState());
    this.paramGroups.push({ ...options, params: checked, initialLr: options.lr });
  }

  /**
   * Updates every parameter that has a gradient, in place. Parameters without one keep their step count.
   * @throws ShapeError, DtypeError or DeviceError for a gradient that does not fit its parameter, and OutOfMemoryError
   * if there is no memory for the slots; nothing has changed then.
   */
  step(): void {
    const { label } = this.#algorithm;
    const work = this.paramGroups.flatMap((group) =>
      group.params.flatMap((p) => {
        const grad = gradOf(p);
        if (grad) checkGradient(label, p, grad);
        return grad ? [{ group, p, grad }] : [];
      }),
    );
    let updates: (() => void)[];
    try {
      updates = work.map(({ group, p, grad }) => this.#prepareStep(group, p, grad));
    } catch (error) {
      // frees the slots of parameters that have not taken a step yet
      for (const { p } of work) if (this.#stateOf(p).step === 0) this.#stateOf(p).dispose();
      throw error;
    }
    for (const update of updates) update();
  }

  /** Frees and clears the gradients of all parameters. */
  zeroGrad(): void {
    zeroGrad(this.#states.keys());
  }

  /**
   * Returns the options of the groups and, for every parameter that took a step, its step count and slots. The tensors
   * belong to the optimizer, and the next step changes them: write or copy them first.
   */
  stateDict(): OptimizerStateDict {
    const { label } = this.#algorithm;
    const state: Record<number, Record<string, Tensor | number>> = {};
    let count = 0;
    const paramGroups = this.paramGroups.map(({ params, ...options }): SavedGroup => {
      const group = { params, ...options } as ParamGroup<O>;
      const indices = params.map((p) => {
        const kept = this.#stateOf(p);
        if (kept.step > 0) {
          const scalars = this.#algorithm.scalars(kept.step, group);
          state[count] = { step: kept.step, ...kept.slots(label, this.#update(group), p, scalars) };
        }
        return count++;
      });
      return { ...options, params: indices };
    });
    return { optimizer: label, state, paramGroups };
  }

  /**
   * Copies a state into this optimizer and replaces its options. The state must be that of an optimizer of the same
   * kind, with the same number of groups and of parameters in each.
   * @throws ValueError, ShapeError or DtypeError, and changes nothing, for a state that does not fit.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    const label = `${this.#algorithm.label}.loadStateDict`;
    checkLayout(label, this.#algorithm.label, this.paramGroups, dict);
    // memory allocated for slots is freed if a later entry does not fit
    scope(() => {
      const commits = this.paramGroups.flatMap((group, i) => {
        const { params, initialLr, ...rest } = dict.paramGroups[i];
        const options = this.#resolve(label, rest);
        const { initialLr: start } = resolveOptions(label, { initialLr: nonNegative(options.lr) }, { initialLr });
        const loads = group.params.map((p, j) =>
          this.#stateOf(p).prepareLoad(
            `${label}: parameter ${params[j]}`,
            this.#update(options),
            p,
            dict.state[params[j]],
          ),
        );
        return [() => void Object.assign(group, options, { initialLr: start }), ...loads];
      });
      for (const commit of commits) commit();
    });
  }

  /** Frees the slots; the next step starts with new ones. */
  dispose(): void {
    for (const state of this.#states.values()) state.dispose();
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Does the part of the step of one parameter that may fail, and returns a function that does the rest. */
  #prepareStep(group: ParamGroup<O>, p: Tensor, grad: Tensor): () => void {
    const { label } = this.#algorithm;
    const state = this.#stateOf(p);
    const t = state.step + 1;
    const { lr, weightDecay, decay, maximize } = group;
    const scalars = { ...this.#algorithm.scalars(t, group), lr, weightDecay };
    const update = this.#update(group);
    const operands: Record<string, Tensor> = { theta: p, grad, ...state.slots(label, update, p, scalars) };
    if (update.alternate && t % 2 === 0) {
      const [a, b] = update.alternate;
      [operands[a], operands[b]] = [operands[b], operands[a]];
    }
    const formula = update.formula({ maximize, decay: weightDecay === 0 ? null : decay });
    const write = prepareMapInto(label, formula, operands, scalars);
    return () => {
      write();
      state.step = t;
    };
  }

  #update(options: O): Update {
    const algorithm = this.#algorithm;
    return typeof algorithm.update === 'function' ? algorithm.update(options) : algorithm.update;
  }

  #stateOf(p: Tensor): ParamState {
    return this.#states.get(p) as ParamState;
  }

  #resolve(label: string, ...layers: readonly object[]): O {
    const options = resolveOptions<O>(label, this.#algorithm.options, ...layers);
    const problem = this.#algorithm.check?.(options);
    if (problem) throw new ValueError(`${label}: ${problem}`);
    return options;
  }
}

function checkGradient(label: string, p: Tensor, grad: Tensor): void {
  if (!sameShape(p.shape, grad.shape)) {
    throw new ShapeError(expected(label, `a gradient ${shapeText(p.shape)}`, shapeText(grad.shape)));
  }
  if (grad.dtype !== 'float32') throw new DtypeError(expected(label, 'a float32 gradient', grad.dtype));
}
