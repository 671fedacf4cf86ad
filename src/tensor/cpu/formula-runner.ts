import type { Operands, Scalars } from '../backend.js';
import { type Formula, uniformValues } from '../formula.js';
import { type Engine, f32bits, withMemory } from './engine.js';
import { compileMap, type MapVariant, planMap } from './formula-map.js';
import { compileReduce, finishReduce, planReduce } from './formula-reduce.js';
import type { ReduceVariant } from './formula-reducers.js';
import { type Arithmetic, isIntegral, uniformLeaves } from './formula-vectors.js';

/** Compiles formulas to WebAssembly when they are first used with a kind of operands, and runs them. */
export class FormulaRunner {
  readonly #engine: Engine;
  readonly #relaxed: boolean;
  readonly #kernels = new Map<string, number>();

  constructor(engine: Engine, relaxed: boolean) {
    this.#engine = engine;
    this.#relaxed = relaxed;
  }

  /** `Backend.map` */
  map(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    const uniforms = uniformLeaves(f);
    const values = uniformValues(f, scalars);
    const arithmetic = arithmeticOf(f, operands, uniforms, values);
    const call = planMap(f, operands, arithmetic, this.#relaxed);
    if (!call) return;
    const { variant } = call;
    const kernel = this.#kernel(f, operands, variant, () => compileMap(f, operands, variant));
    this.#engine.run(kernel, [...call.args, ...uniformWords(f, uniforms, values, arithmetic)], call.tasks);
  }

  /** `Backend.reduce` */
  reduce(f: Formula, operands: Operands<number>, scalars: Scalars): void {
    const uniforms = uniformLeaves(f);
    const values = uniformValues(f, scalars);
    const arithmetic = arithmeticOf(f, operands, uniforms, values);
    const call = planReduce(f, operands, arithmetic, this.#relaxed);
    if (!call) return;
    const { variant } = call;
    const kernel = this.#kernel(f, operands, variant, () => compileReduce(f, operands, variant));
    const words = uniformWords(f, uniforms, values, arithmetic);
    const run = (partials: number) => {
      this.#engine.run(kernel, [partials, ...call.args, ...words], call.tasks);
      if (partials !== 0) finishReduce(this.#engine, f, operands, call, partials);
    };
    if (call.partialBytes === 0) run(0);
    else withMemory(this.#engine, [call.partialBytes], run);
  }

  #kernel(
    f: Formula,
    operands: Operands<number>,
    variant: MapVariant | ReduceVariant,
    compile: () => Uint8Array,
  ): number {
    const dtypes = variant.names.map((name) => operands[name].dtype[0]);
    const key = `${f.id} ${dtypes.join('')} ${Object.values(variant).join(' ')}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = this.#engine.load(compile());
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}

/** Integers alone, combined by operations that are exact in int32, are computed in int32. */
function arithmeticOf(
  f: Formula,
  operands: Operands<number>,
  uniforms: readonly number[],
  values: Float64Array,
): Arithmetic {
  const deciding = f.inputs.length > 0 ? f.inputs : f.outputs;
  if (deciding.some((name) => operands[name].dtype === 'float32')) return 'float';
  return isIntegral(f) && uniforms.every((node) => values[node] === (values[node] | 0)) ? 'int' : 'float';
}

/** The words that kernels read uniform values from: floats by their bits, truth values as masks. */
function uniformWords(f: Formula, uniforms: readonly number[], values: Float64Array, arithmetic: Arithmetic): number[] {
  return uniforms.map((node) => {
    if (f.nodes[node].truth) return values[node] ? -1 : 0;
    return arithmetic === 'int' ? values[node] | 0 : f32bits(values[node]);
  });
}
