import { expected, ReleasedError, shapeText, textOf, ValueError } from '../errors.js';
import { adopt } from '../tensor/memory/lifetime.js';
import { keep, scope } from '../tensor/memory/scope.js';
import { alias } from '../tensor/run.js';
import { Tensor } from '../tensor/tensor.js';
import { recordAll, requiresGrad } from './graph.js';
import { isGradEnabled, withGrad } from './mode.js';
import { expectFloat, expectShape } from './ops/expect.js';
import { filled } from './ops/fill.js';
import { reshape } from './ops/shape/reshape.js';

/** Passes information from `forward` of a custom function to its `backward`. */
export interface FunctionContext {
  /** For each argument of `forward`, whether its gradient is needed; false for arguments that are not tensors. */
  readonly needsInputGrad: readonly boolean[];
  /**
   * The tensors that were passed to `saveForBackward`.
   * @throws ReleasedError if one of them has been freed.
   */
  readonly savedTensors: readonly Tensor[];
  /**
   * Saves tensors for `backward`; they live as long as the scope around `apply`. Higher derivatives flow through saved
   * inputs and outputs of `forward` and treat other saved tensors as constants.
   */
  saveForBackward(...tensors: Tensor[]): void;
  /** Marks float32 outputs through which no gradient flows. */
  markNonDifferentiable(...outputs: Tensor[]): void;
}

/** One gradient per argument of `forward`, null if there is none; not in a list if there is only one argument. */
export type FunctionGradients = Tensor | null | readonly (Tensor | null)[];

/** What `backward` receives: the gradient of each output of `forward`. */
export type OutputGradients<R extends Tensor | readonly Tensor[]> = R extends readonly Tensor[]
  ? { [I in keyof R]: Tensor }
  : [dy: Tensor];

/**
 * Base class of operations with a custom forward and backward: extend it, and call `apply`. `forward` is not recorded;
 * tensors made in it are freed at its end, except its results and the tensors that it saves. `backward` receives the
 * gradient of each output, zeros if none arrived. If it uses tensor operations, it can be differentiated again with
 * `createGraph`.
 *
 * @example
 * class Exp extends autograd.Function {
 *   forward(ctx: autograd.FunctionContext, x: Tensor) {
 *     const y = x.exp();
 *     ctx.saveForBackward(y);
 *     return y;
 *   }
 *   backward(ctx: autograd.FunctionContext, dy: Tensor) {
 *     const [y] = ctx.savedTensors;
 *     return dy.mul(y);
 *   }
 * }
 * const y = Exp.apply(x);
 */
export abstract class CustomFunction {
  /** Computes one or more tensors from the arguments of `apply`, which need not be tensors. */
  abstract forward(ctx: FunctionContext, ...args: never[]): Tensor | readonly Tensor[];

  /**
   * Computes one gradient for each argument of `forward`, with the shape of the argument, from the gradients of the
   * outputs.
   */
  abstract backward(ctx: FunctionContext, ...dys: never[]): FunctionGradients;

  /**
   * Runs `forward` and records it. Gradients flow to arguments that are tensors, but not to tensors inside other
   * arguments.
   * @throws ValueError if `forward` returns anything other than tensors. `backward` of the result throws ValueError,
   * ShapeError or DtypeError for gradients that do not fit the arguments.
   */
  static apply<A extends readonly unknown[], R extends Tensor | readonly Tensor[]>(
    this: new () => {
      forward(ctx: FunctionContext, ...args: A): R;
      backward(ctx: FunctionContext, ...dys: OutputGradients<R>): FunctionGradients;
    },
    ...args: A
  ): R {
    // biome-ignore lint/complexity/noThisInStatic: this is the class that extends CustomFunction
    const name = this.name || 'Function';
    const f = new this();
    if (typeof f.forward !== 'function' || typeof f.backward !== 'function') {
      throw new ValueError(expected(name, 'methods forward and backward that are not static', 'none'));
    }
    const context = new Context(name, args);
    const { outputs, several } = run(name, context, () => f.forward(context, ...args));
    const inputs = args.filter((arg) => arg instanceof Tensor);
    if (!isGradEnabled() || !inputs.some(requiresGrad)) {
      context.drop();
      return (several ? outputs : outputs[0]) as R;
    }
    const differentiable = outputs.filter((y) => y.dtype === 'float32' && !context.constant.includes(y));
    const backward = (...dys: Tensor[]) => f.backward(context, ...(dys as unknown as OutputGradients<R>));
    const shapes = outputs.map(({ shape, storage: { backend } }) => ({ shape, backend }));
    const places = outputs.map((y) => differentiable.indexOf(y));
    const positions = args.flatMap((arg, i) => (arg instanceof Tensor ? [i] : []));
    const gradientsOf = (arrived: readonly (Tensor | null)[]) => {
      const dys = places.map((at, i) => {
        const { shape, backend } = shapes[i];
        return arrived[at] ?? filled(name, shape, 0, 'float32', backend);
      });
      // separate tensors, because the pass frees the gradients that it carries
      return checked(name, args, backward(...dys)).map((dx) => dx && reshape(dx, dx.shape));
    };
    recordAll(name, inputs, differentiable, {
      backward: (...arrived) => {
        let gradients: readonly (Tensor | null)[] | undefined;
        return positions.map((position) => () => {
          gradients ??= gradientsOf(arrived);
          return gradients[position];
        });
      },
    });
    return (several ? outputs : outputs[0]) as R;
  }
}

class Context implements FunctionContext {
  readonly needsInputGrad: readonly boolean[];
  /** Outputs without gradients. */
  constant: readonly Tensor[] = [];
  readonly #name: string;
  readonly #inputs: readonly unknown[];
  #saved: readonly Tensor[] = [];
  /** The original of each saved tensor that was replaced by an alias of its memory, by alias. */
  #sources = new Map<Tensor, Tensor>();

  constructor(name: string, args: readonly unknown[]) {
    this.#name = name;
    this.#inputs = args;
    this.needsInputGrad = args.map((arg) => arg instanceof Tensor && requiresGrad(arg));
  }

  saveForBackward(...tensors: Tensor[]): void {
    this.drop();
    this.#saved = tensors.map((t) => {
      if (this.#inputs.includes(t) || requiresGrad(t)) return t;
      // an alias without an owner, so that scopes inside forward do not free it
      const kept = keep(alias(this.#name, t, t.shape));
      this.#sources.set(kept, t);
      return kept;
    });
  }

  get savedTensors(): readonly Tensor[] {
    this.#saved.forEach((t, i) => {
      if (!t.released) return;
      const wanted = `saved tensor ${i} ${shapeText(t.shape)} to live until backward`;
      throw new ReleasedError(expected(this.#name, wanted, 'one that its scope or dispose() freed'));
    });
    return this.#saved;
  }

  markNonDifferentiable(...outputs: Tensor[]): void {
    this.constant = outputs;
  }

  /** Replaces the tensors that `forward` returned by the recorded outputs, through which gradients flow. */
  exchange(returned: readonly Tensor[], outputs: readonly Tensor[]): void {
    this.constant = this.constant.map((t) => outputs[returned.indexOf(t)] ?? t);
    this.#saved = this.#saved.map((t) => {
      const output = outputs[returned.indexOf(this.#sources.get(t) ?? t)];
      if (!output || !this.#sources.has(t)) return t;
      this.#sources.delete(t);
      t.dispose();
      return output;
    });
  }

  /** Gives the saved aliases to the enclosing scope. */
  handOver(): void {
    for (const t of this.#sources.keys()) adopt(t);
  }

  /** Frees the saved aliases and forgets all saved tensors. */
  drop(): void {
    for (const t of this.#sources.keys()) t.dispose();
    this.#sources.clear();
    this.#saved = [];
  }
}

/** Runs `forward` and returns its results as new tensors. */
function run(
  name: string,
  context: Context,
  forward: () => Tensor | readonly Tensor[],
): { outputs: readonly Tensor[]; several: boolean } {
  try {
    const found = scope(() => {
      const result = withGrad(false, forward);
      const several = Array.isArray(result);
      const returned = (several ? result : [result]) as readonly Tensor[];
      for (const t of returned) {
        if (!(t instanceof Tensor)) throw new ValueError(expected(name, 'tensors from forward', textOf(t)));
      }
      // an input that forward returns must not itself become the result of an operation
      const outputs = returned.map((t) => alias(name, t, t.shape));
      context.exchange(returned, outputs);
      return { outputs, several };
    });
    context.handOver();
    return found;
  } catch (error) {
    context.drop();
    throw error;
  }
}

/**
 * Checks the gradients that `backward` returned and returns them as a list, one per argument.
 * @throws ValueError, ShapeError or DtypeError if they do not fit the arguments.
 */
function checked(name: string, args: readonly unknown[], result: FunctionGradients): readonly (Tensor | null)[] {
  const returned = Array.isArray(result) ? (result as readonly (Tensor | null)[]) : [result as Tensor | null];
  // arguments with defaults may be absent, but backward still returns null for them
  const isExtra = (gradient: Tensor | null, i: number) => i >= args.length && gradient === null;
  const gradients = returned.filter((gradient, i) => !isExtra(gradient, i));
  if (gradients.length !== args.length) {
    const wanted = `one gradient from backward for each of ${args.length} arguments of forward`;
    throw new ValueError(expected(name, wanted, `${gradients.length}`));
  }
  gradients.forEach((gradient, i) => {
    const arg = args[i];
    if (gradient === null || (arg instanceof Tensor && !requiresGrad(arg))) return;
    if (!(gradient instanceof Tensor)) {
      throw new ValueError(expected(name, `a tensor or null as gradient of argument ${i}`, textOf(gradient)));
    }
    if (!(arg instanceof Tensor)) {
      throw new ValueError(
        expected(name, `null as gradient of argument ${i}, which is not a tensor`, textOf(gradient)),
      );
    }
    expectShape(name, `a gradient of argument ${i}`, gradient, arg.shape);
    expectFloat(name, gradient);
  });
  return gradients;
}
