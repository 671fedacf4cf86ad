import type { Formula } from '../../../formula/formula.js';
import { type Arithmetic, arithmeticOf } from '../../../formula/semantics.js';
import { decide, uniformValues } from '../../../formula/uniform.js';
import type { Operands, Scalars } from '../../../tensor/backend.js';
import { type Engine, f32bits, withMemory } from '../engine.js';
import { type Call, callFor, denseSize, type Form, formOf } from './form.js';
import { compileMap, denseArguments, denseVariant, type MapVariant, planMap } from './map.js';
import { isPackable } from './math-functions.js';
import type { KernelMode } from './plan.js';
import { compileReduce, finishReduce, planReduce, type ReducePlan } from './reduce.js';
import type { ReduceVariant } from './reduce-frame.js';

type ReduceCall = Call & ReducePlan;

/** Compiles formulas to WebAssembly on their first use with operands of a kind, and runs them. */
export class FormulaRunner {
  readonly #engine: Engine;
  readonly #relaxed: boolean;
  readonly #kernels = new Map<string, number>();
  readonly #maps = new WeakMap<Formula, Form<Call>>();
  readonly #reductions = new WeakMap<Formula, Form<ReduceCall>>();
  readonly #decided = new Map<string, Formula>();

  constructor(engine: Engine, relaxed: boolean) {
    this.#engine = engine;
    this.#relaxed = relaxed;
  }

  /** `Backend.prepareMap` */
  prepareMap(given: Formula, operands: Operands<number>, scalars: Scalars): () => void {
    const values = uniformValues(given, scalars);
    const f = this.#decide(given, values);
    // decided by the whole formula: branches that are not chosen must not change how the rest is computed
    const arithmetic = arithmeticOf(given, operands, values);
    const form = formIn(this.#maps, f);
    const call =
      this.#denseCall(f, form, operands) ??
      callFor(form, operands, arithmetic, this.#engine, () => this.#planMap(f, operands, arithmetic));
    if (!call) return () => {};
    const args = argumentsOf(f, form, call, operands, f === given ? values : uniformValues(f, scalars));
    return () => this.#engine.run(call.kernel, args, call.tasks);
  }

  /** The call if all operands are dense and of one shape, as in most maps: nothing has to be planned for it. */
  #denseCall(f: Formula, { names, kernels }: Form<Call>, operands: Operands<number>): Call | null {
    const size = denseSize(names, operands);
    if (size <= 0) return null;
    const width = Number(this.#engine.wide);
    kernels[width] ??= this.#mapKernel(f, operands, denseVariant(names, this.#mode(f, 'float')));
    const head = denseArguments(size);
    return { kernel: kernels[width], arithmetic: 'float', head, tail: [], tasks: head[2] };
  }

  #planMap(f: Formula, operands: Operands<number>, arithmetic: Arithmetic): Call | null {
    const plan = planMap(f, operands, this.#mode(f, arithmetic));
    return plan && { ...plan, arithmetic, kernel: this.#mapKernel(f, operands, plan.variant) };
  }

  #mode(f: Formula, arithmetic: Arithmetic): KernelMode {
    const wide = this.#engine.wide && isPackable(f, this.#engine.functions);
    return { arithmetic, relaxed: this.#relaxed, wide };
  }

  #mapKernel(f: Formula, operands: Operands<number>, variant: MapVariant): number {
    return this.#kernel(f, operands, variant, () => compileMap(f, operands, variant, this.#engine.functions));
  }

  /** `Backend.reduce` */
  reduce(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    const values = uniformValues(f, scalars);
    const arithmetic = arithmeticOf(f, operands, values);
    const form = formIn(this.#reductions, f);
    const call = callFor(form, operands, arithmetic, this.#engine, () => this.#planReduce(f, operands, arithmetic));
    if (!call) return;
    const args = argumentsOf(f, form, call, operands, values);
    const run = (memory: number) => {
      this.#engine.run(call.kernel, [memory, ...args], call.tasks);
      if (call.splits > 1) finishReduce(this.#engine, f, operands, call, memory);
    };
    if (call.bytes === 0) run(0);
    else withMemory(this.#engine, [call.bytes], run);
  }

  #planReduce(f: Formula, operands: Operands<number>, arithmetic: Arithmetic): ReduceCall | null {
    const plan = planReduce(f, operands, this.#mode(f, arithmetic), this.#engine.threads);
    if (!plan) return null;
    const compile = () => compileReduce(f, operands, plan.variant, this.#engine.functions);
    return { ...plan, arithmetic, kernel: this.#kernel(f, operands, plan.variant, compile) };
  }

  /** Caches `decide` by outcome; each outcome is compiled as a separate formula. */
  #decide(given: Formula, values: readonly number[]): Formula {
    if (given.tests.length === 0) return given;
    const key = `${given.id} ${given.tests.map((test) => values[test]).join('')}`;
    let f = this.#decided.get(key);
    if (f === undefined) {
      f = decide(given, values);
      this.#decided.set(key, f);
    }
    return f;
  }

  #kernel(
    f: Formula,
    operands: Operands<number>,
    variant: MapVariant | ReduceVariant,
    compile: () => Uint8Array,
  ): number {
    const dtypes = variant.names.map((name) => operands[name].dtype);
    const key = `${f.id} ${dtypes.join(',')} ${Object.values(variant).join(' ')}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#engine.load(compile(), { wide: variant.wide });
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

function formIn<C extends Call>(forms: WeakMap<Formula, Form<C>>, f: Formula): Form<C> {
  let form = forms.get(f);
  if (!form) {
    form = formOf(f);
    forms.set(f, form);
  }
  return form;
}

/** The arguments of a call. Kernels read uniform values as words: floats as their bits, truth values as masks. */
function argumentsOf(
  f: Formula,
  { names, leaves }: Form<Call>,
  { head, tail, arithmetic }: Call,
  operands: Operands<number>,
  values: readonly number[],
): number[] {
  const args = [...head];
  for (const name of names) args.push(operands[name].handle);
  for (const word of tail) args.push(word);
  for (const node of leaves) {
    if (f.nodes[node].truth) args.push(values[node] ? -1 : 0);
    else args.push(arithmetic === 'int' ? values[node] | 0 : f32bits(values[node]));
  }
  return args;
}
