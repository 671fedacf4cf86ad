import type { Formula } from '../../../formula/formula.js';
import { type Arithmetic, arithmeticOf } from '../../../formula/semantics.js';
import { decide, uniformLeaves, uniformValues } from '../../../formula/uniform.js';
import type { Operand, Operands, Scalars } from '../../../tensor/backend.js';
import { type Engine, f32bits, withMemory } from '../engine.js';
import { type DenseForm, denseForm, denseSize } from './dense.js';
import { compileMap, denseArguments, type MapMode, type MapVariant, planMap } from './map.js';
import { isPackable } from './math-functions.js';
import { compileReduce, finishReduce, planReduce } from './reduce.js';
import type { ReduceVariant } from './reducers.js';

/** Compiles formulas to WebAssembly on their first use with operands of a kind, and runs them. */
export class FormulaRunner {
  readonly #engine: Engine;
  readonly #relaxed: boolean;
  readonly #kernels = new Map<string, number>();
  /** Forms by the number of the formula. */
  readonly #dense: DenseForm[] = [];
  readonly #decided = new Map<string, Formula>();

  constructor(engine: Engine, relaxed: boolean) {
    this.#engine = engine;
    this.#relaxed = relaxed;
  }

  /** `Backend.prepareMap` */
  prepareMap(given: Formula, operands: Operands<number>, scalars: Scalars): () => void {
    if (given.tests.length > 0) return this.#prepareMap(given, operands, scalars);
    // most maps: no walk has to be planned, and the kernel is found without a text as key
    this.#dense[given.id] ??= denseForm(given);
    const form = this.#dense[given.id];
    const size = denseSize(form.names, operands);
    if (size <= 0) return this.#prepareMap(given, operands, scalars);
    const width = Number(this.#engine.wide);
    form.kernels[width] ??= this.#denseKernel(given, form, operands);
    const kernel = form.kernels[width] as number;
    const args = denseArguments(size);
    const tasks = args[2];
    for (const name of form.names) args.push(operands[name].handle);
    if (form.leaves.length > 0) {
      const values = uniformValues(given, scalars);
      for (const node of form.leaves)
        args.push(given.nodes[node].truth ? -Number(values[node] !== 0) : f32bits(values[node]));
    }
    return () => this.#engine.run(kernel, args, tasks);
  }

  #denseKernel(f: Formula, { names }: DenseForm, operands: Operands<number>): number {
    const advances = names.map(() => true);
    const mode = this.#mode(
      f,
      names.map((name) => operands[name]),
      'float',
    );
    const variant: MapVariant = { kind: 'map', ...mode, outerAxes: 0, advances, names };
    return this.#kernel(f, operands, variant, () => compileMap(f, operands, variant, this.#engine.functions));
  }

  #mode(f: Formula, operands: readonly Operand<number>[], arithmetic: Arithmetic): MapMode {
    const dtypes = operands.map(({ dtype }) => dtype);
    const wide = this.#engine.wide && isPackable(f, dtypes, this.#engine.functions);
    return { arithmetic, relaxed: this.#relaxed, wide };
  }

  #prepareMap(given: Formula, operands: Operands<number>, scalars: Scalars): () => void {
    const values = uniformValues(given, scalars);
    // decided by the whole formula: branches that are not chosen must not change how the rest is computed
    const arithmetic = arithmeticOf(given, operands, values);
    const f = this.#decide(given, values);
    const call = planMap(f, operands, this.#mode(f, Object.values(operands), arithmetic));
    if (!call) return () => {};
    const { variant } = call;
    const kernel = this.#kernel(f, operands, variant, () => compileMap(f, operands, variant, this.#engine.functions));
    const words = uniformWords(f, f === given ? values : uniformValues(f, scalars), arithmetic);
    return () => this.#engine.run(kernel, [...call.args, ...words], call.tasks);
  }

  /** `Backend.reduce` */
  reduce(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    const values = uniformValues(f, scalars);
    const arithmetic = arithmeticOf(f, operands, values);
    const call = planReduce(f, operands, arithmetic, this.#relaxed);
    if (!call) return;
    const { variant } = call;
    const kernel = this.#kernel(f, operands, variant, () =>
      compileReduce(f, operands, variant, this.#engine.functions),
    );
    const words = uniformWords(f, values, arithmetic);
    const run = (partials: number) => {
      this.#engine.run(kernel, [partials, ...call.args, ...words], call.tasks);
      if (partials !== 0) finishReduce(this.#engine, f, operands, call, partials);
    };
    if (call.partialBytes === 0) run(0);
    else withMemory(this.#engine, [call.partialBytes], run);
  }

  /** Caches `decide` by outcome; each outcome is compiled as a separate formula. */
  #decide(given: Formula, values: Float64Array): Formula {
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

/** The words from which kernels read uniform values: floats as their bits, truth values as masks. */
function uniformWords(f: Formula, values: Float64Array, arithmetic: Arithmetic): number[] {
  return uniformLeaves(f).map((node) => {
    if (f.nodes[node].truth) return values[node] ? -1 : 0;
    return arithmetic === 'int' ? values[node] | 0 : f32bits(values[node]);
  });
}
