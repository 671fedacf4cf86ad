import { bytesOf, type Dtype } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { FormulaNode } from '../../../formula/nodes.js';
import { uniformLeaves } from '../../../formula/uniform.js';
import type { Operands } from '../../../tensor/backend.js';
import type { InlineFunctions } from '../wasm/functions.js';
import type { Code } from '../wasm/module.js';
import { ops, relaxed, simd, types } from '../wasm/opcodes.js';
import { importsOf, isMath, mathExports } from './math-functions.js';
import type { KernelMode } from './plan.js';
import { loadSplat, loadVector } from './vector-memory.js';

/** How a kernel computes, and what it reads. */
interface Reading extends KernelMode {
  /** Whether each operand advances along the innermost axis. */
  readonly advances: readonly boolean[];
  /** The operands that have pointers. */
  readonly names: readonly string[];
}

/**
 * Emits the nodes of a formula as vector instructions, each node into a separate local. Elements are loaded from a
 * pointer for each operand.
 */
export class VectorEmitter {
  /** Locals with the pointers. */
  readonly pointers: readonly number[];
  /** Bytes of an element of each operand. */
  readonly sizes: readonly number[];
  readonly #code: Code;
  readonly #formula: Formula;
  readonly #dtypes: readonly Dtype[];
  readonly #mode: Reading;
  readonly #functions: InlineFunctions;
  readonly #imports: readonly { name: string }[];
  readonly #uses: readonly number[];
  /** Vectors of the operands that do not advance. */
  readonly #splats: readonly number[];
  /** Locals of uniform leaves, filled once per task. */
  readonly #uniform = new Map<number, number>();
  /** Locals of nodes, for each place. */
  readonly #values: Map<number, number>[] = [];
  readonly #locals: number[][] = [];
  /** The place of the vector that is computed. */
  #place = 0;

  constructor(code: Code, f: Formula, operands: Operands<number>, mode: Reading, functions: InlineFunctions) {
    this.#code = code;
    this.#formula = f;
    this.#mode = mode;
    this.#functions = functions;
    this.#imports = importsOf(f, functions);
    const uses = f.nodes.map(() => 0);
    for (const node of f.nodes) for (const arg of node.args) uses[arg]++;
    for (const result of f.results) uses[result.node]++;
    this.#uses = uses;
    this.#dtypes = mode.names.map((name) => operands[name].dtype);
    this.sizes = this.#dtypes.map(bytesOf);
    this.pointers = mode.names.map(() => code.local(types.i32));
    this.#splats = mode.names.map((_, k) => (mode.advances[k] ? -1 : code.local(types.v128)));
  }

  /** Reads the uniform leaves from consecutive words at `args` + `offset`. */
  uniforms(args: number, offset: number): void {
    uniformLeaves(this.#formula).forEach((node, i) => {
      const local = this.#code.local(types.v128);
      this.#code
        .get(args)
        .simdMemory(simd.load32Splat, offset + 4 * i)
        .set(local);
      this.#uniform.set(node, local);
    });
  }

  /** Moves the pointers, or others of the same operands, that advance by the number of elements that `emit` pushes. */
  move(emit: () => void, pointers = this.pointers): void {
    pointers.forEach((pointer, k) => {
      if (!this.#mode.advances[k]) return;
      this.#code.get(pointer);
      emit();
      this.#code.int(this.sizes[k]).op(ops.i32mul, ops.i32add).set(pointer);
    });
  }

  /** Moves the pointers that advance by some elements. */
  advance(elements: number): void {
    this.pointers.forEach((pointer, k) => {
      if (this.#mode.advances[k]) this.#code.increase(pointer, elements * this.sizes[k]);
    });
  }

  /** Loads the operands that do not advance. */
  loadSplats(): void {
    this.#splats.forEach((splat, k) => {
      if (splat < 0) return;
      loadSplat(this.#code.get(this.pointers[k]), this.#dtypes[k], this.#mode.arithmetic);
      this.#code.set(splat);
    });
  }

  /**
   * Emits every node for the elements from 4 * `step` on. Afterwards `push` pushes the results. Vectors of different
   * places are in different locals.
   */
  compute(step: number, place = 0): void {
    const code = this.#code;
    this.#place = place;
    const values = new Map(this.#uniform);
    this.#values[place] = values;
    this.#formula.nodes.forEach((node, i) => {
      if (node.uniform || this.#fused(i)) return;
      if (node.op === 'load') this.#load(this.#mode.names.indexOf(node.name), 4 * step);
      else this.#emit(node);
      code.set(this.#local(i));
      values.set(i, this.#local(i));
    });
  }

  #load(k: number, element: number): void {
    if (this.#splats[k] >= 0) this.#code.get(this.#splats[k]);
    else loadVector(this.#code.get(this.pointers[k]), this.#dtypes[k], this.#mode.arithmetic, element * this.sizes[k]);
  }

  /** Pushes the value of a node, by default at the place that was computed last. */
  push(node: number, place = this.#place): void {
    this.#code.get(this.#values[place].get(node) as number);
  }

  #local(i: number): number {
    this.#locals[this.#place] ??= [];
    const locals = this.#locals[this.#place];
    locals[i] ??= this.#code.local(types.v128);
    return locals[i];
  }

  /** Whether a node is a product or a comparison that its only user computes as part of its own instruction. */
  #fused(i: number): boolean {
    if (this.#uses[i] !== 1) return false;
    const user = this.#formula.nodes.find((node) => node.args.some((arg) => arg === i));
    if (!user || user.uniform) return false;
    return this.#productOf(user) === i || (user.args[0] === i && this.#extremumOf(user) !== null);
  }

  /** The instruction and the operands of a choice of the smaller or larger of two numbers, such as a < b ? a : b. */
  #extremumOf({ op, args }: FormulaNode): { instruction: number; operands: readonly [number, number] } | null {
    if (op !== 'select' || this.#mode.arithmetic === 'int') return null;
    const test = this.#formula.nodes[args[0]];
    if (test.uniform || (test.op !== 'lt' && test.op !== 'gt')) return null;
    const [a, b] = test.op === 'lt' ? test.args : [test.args[1], test.args[0]];
    if (args[1] === a && args[2] === b) return { instruction: simd.f32.pmin, operands: [b, a] };
    if (args[1] === b && args[2] === a) return { instruction: simd.f32.pmax, operands: [a, b] };
    return null;
  }

  /** The product that is fused into a sum, or as the subtrahend into a difference; null if there is none. */
  #productOf(node: FormulaNode): number | null {
    const { relaxed: isRelaxed, arithmetic } = this.#mode;
    if (!isRelaxed || arithmetic === 'int' || (node.op !== 'add' && node.op !== 'sub')) return null;
    const candidates = node.op === 'add' ? node.args : [node.args[1]];
    const isProduct = (arg: number) => {
      const { op, uniform } = this.#formula.nodes[arg];
      return op === 'mul' && !uniform && this.#uses[arg] === 1;
    };
    return candidates.find(isProduct) ?? null;
  }

  #emit(node: FormulaNode): void {
    const code = this.#code;
    const { op, args } = node;
    const product = this.#productOf(node);
    if (product !== null) {
      const [first, second] = args as readonly [number, number];
      const other = first === product ? second : first;
      for (const factor of this.#formula.nodes[product].args) this.push(factor);
      this.push(other);
      code.simd(op === 'add' ? relaxed.f32madd : relaxed.f32nmadd);
      return;
    }
    const extremum = this.#extremumOf(node);
    if (extremum !== null) {
      for (const arg of extremum.operands) this.push(arg);
      code.simd(extremum.instruction);
      return;
    }
    if (op === 'select' && this.#isZero(args[2])) {
      this.push(args[1]);
      this.push(args[0]);
      code.simd(simd.and);
      return;
    }
    if (op === 'select') {
      this.push(args[1]);
      this.push(args[2]);
      this.push(args[0]);
      code.simd(simd.bitselect);
      return;
    }
    for (const arg of args) this.push(arg);
    if (isMath(op)) this.#compute(mathExports[op]);
    else if (op === 'not' || op === 'and' || op === 'or') code.simd(simd[op]);
    else if (op === 'number') this.#one().simd(simd.and);
    else if (this.#mode.arithmetic === 'int') code.simd(simd.i32[op as keyof typeof simd.i32]);
    else code.simd(simd.f32[op as keyof typeof simd.f32]);
  }

  /** Applies a function of the kernels module. */
  #compute(name: string): void {
    if (this.#functions.has(name)) this.#functions.emit(this.#code, name);
    else this.#code.call(this.#imports.findIndex((each) => each.name === name));
  }

  #isZero(i: number): boolean {
    const node = this.#formula.nodes[i];
    return node.op === 'constant' && Object.is(node.value, 0);
  }

  #one(): Code {
    return this.#mode.arithmetic === 'int' ? this.#code.ints(1) : this.#code.floats(1);
  }
}
