import type { Dtype } from '../../../dtype.js';
import type { Formula } from '../../../formula/formula.js';
import type { FormulaNode } from '../../../formula/nodes.js';
import type { Arithmetic } from '../../../formula/semantics.js';
import { uniformLeaves } from '../../../formula/uniform.js';
import type { Code } from '../wasm/module.js';
import { relaxed, simd, types } from '../wasm/opcodes.js';

/** The exports of the kernels module that formulas call, by function. */
const mathExports = {
  exp: 'exp4',
  log: 'log4',
  sin: 'sin4',
  cos: 'cos4',
  tanh: 'tanh4',
  sigmoid: 'sigmoid4',
  erf: 'erf4',
  expm1: 'expm1_4',
  log1p: 'log1p4',
  pow: 'pow4',
} as const;

const isMath = (op: string): op is keyof typeof mathExports => op in mathExports;

/** The functions that a formula calls, in the order in which its module imports them. */
export function importsOf(f: Formula): { name: string; arity: number }[] {
  const called = new Set(f.nodes.flatMap((node) => (!node.uniform && isMath(node.op) ? [node.op] : [])));
  return [...called].map((op) => ({ name: mathExports[op], arity: op === 'pow' ? 2 : 1 }));
}

/** Operations that the engine does not join in pairs. */
const unpacked = new Set(['ceil', 'floor', 'round', ...Object.keys(mathExports)]);

/** Whether all vectors of a formula can be joined in pairs. */
export function isPackable(f: Formula, dtypes: readonly Dtype[]): boolean {
  return (
    dtypes.every((dtype) => dtype === 'float32') && f.nodes.every(({ op, uniform }) => uniform || !unpacked.has(op))
  );
}

/**
 * Pushes four elements of an input, or with `single` one in lane 0, converted to the arithmetic. The address is on the
 * stack.
 */
export function loadVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number, single: boolean): void {
  if (dtype === 'float32' || dtype === 'int32') {
    code.simdMemory(single ? simd.load32Zero : simd.load, offset);
  } else if (single) {
    code.byteLoad(offset).simd(simd.i32splat);
  } else {
    code.simdMemory(simd.load32Zero, offset).simd(simd.i16widenU).simd(simd.i32widenU);
  }
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Pushes an element of an input in all lanes, converted to the arithmetic. The address is on the stack. */
export function loadSplat(code: Code, dtype: Dtype, arithmetic: Arithmetic): void {
  if (dtype === 'float32' || dtype === 'int32') code.simdMemory(simd.load32Splat, 0);
  else code.byteLoad(0).simd(simd.i32splat);
  if (dtype !== 'float32' && arithmetic === 'float') code.simd(simd.f32fromI32);
}

/** Stores four lanes (or lane 0 with `single`), converted to the dtype. The address and the vector are on the stack. */
export function storeVector(code: Code, dtype: Dtype, arithmetic: Arithmetic, offset: number, single: boolean): void {
  if (dtype === 'float32' || dtype === 'int32') {
    if (dtype === 'float32' && arithmetic === 'int') code.simd(simd.f32fromI32);
    if (dtype === 'int32' && arithmetic === 'float') code.simd(simd.i32fromF32);
    if (single) code.simdMemory(simd.store32Lane, offset, 0);
    else code.simdMemory(simd.store, offset);
    return;
  }
  if (dtype === 'bool') {
    if (arithmetic === 'float') code.floats(0).simd(simd.f32.ne);
    else code.ints(0).simd(simd.i32.ne);
    code.ints(1).simd(simd.and);
  } else if (arithmetic === 'float') {
    code.simd(simd.i32fromF32);
  }
  const spare = code.local(types.v128);
  code.tee(spare).get(spare).simd(simd.i16narrowS);
  code.tee(spare).get(spare).simd(simd.i8narrowU);
  code.simdMemory(single ? simd.store8Lane : simd.store32Lane, offset, 0);
}

/** Emits the nodes of a formula as vector instructions, each node into a separate local. */
export class VectorEmitter {
  readonly #code: Code;
  readonly #formula: Formula;
  readonly #arithmetic: Arithmetic;
  readonly #relaxed: boolean;
  readonly #imports: readonly { name: string }[];
  readonly #uses: readonly number[];
  /** Locals of uniform leaves, filled once per task. */
  readonly #uniform = new Map<number, number>();
  /** Locals of nodes, for each place. */
  readonly #values: Map<number, number>[] = [];
  readonly #locals: number[][] = [];
  /** The place of the vector that is computed. */
  #place = 0;

  constructor(code: Code, f: Formula, arithmetic: Arithmetic, relaxed: boolean) {
    this.#code = code;
    this.#formula = f;
    this.#arithmetic = arithmetic;
    this.#relaxed = relaxed && arithmetic === 'float';
    this.#imports = importsOf(f);
    const uses = f.nodes.map(() => 0);
    for (const node of f.nodes) for (const arg of node.args) uses[arg]++;
    for (const result of f.results) uses[result.node]++;
    this.#uses = uses;
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

  /**
   * Emits every node; `load` pushes an input. Afterwards `push` pushes the results. Vectors of different places are in
   * different locals.
   */
  compute(load: (name: string) => void, place = 0): void {
    const code = this.#code;
    this.#place = place;
    const values = new Map(this.#uniform);
    this.#values[place] = values;
    this.#formula.nodes.forEach((node, i) => {
      if (node.uniform || this.#fused(i)) return;
      if (node.op === 'load') load(node.name);
      else this.#emit(node);
      code.set(this.#local(i));
      values.set(i, this.#local(i));
    });
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
    if (op !== 'select' || this.#arithmetic === 'int') return null;
    const test = this.#formula.nodes[args[0]];
    if (test.uniform || (test.op !== 'lt' && test.op !== 'gt')) return null;
    const [a, b] = test.op === 'lt' ? test.args : [test.args[1], test.args[0]];
    if (args[1] === a && args[2] === b) return { instruction: simd.f32.pmin, operands: [b, a] };
    if (args[1] === b && args[2] === a) return { instruction: simd.f32.pmax, operands: [a, b] };
    return null;
  }

  /** The product that is fused into a sum, or as the subtrahend into a difference; null if there is none. */
  #productOf(node: FormulaNode): number | null {
    if (!this.#relaxed || (node.op !== 'add' && node.op !== 'sub')) return null;
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
    if (isMath(op)) code.call(this.#imports.findIndex(({ name }) => name === mathExports[op]));
    else if (op === 'not' || op === 'and' || op === 'or') code.simd(simd[op]);
    else if (op === 'number') this.#one().simd(simd.and);
    else if (this.#arithmetic === 'int') code.simd(simd.i32[op as keyof typeof simd.i32]);
    else code.simd(simd.f32[op as keyof typeof simd.f32]);
  }

  #isZero(i: number): boolean {
    const node = this.#formula.nodes[i];
    return node.op === 'constant' && Object.is(node.value, 0);
  }

  #one(): Code {
    return this.#arithmetic === 'int' ? this.#code.ints(1) : this.#code.floats(1);
  }
}
