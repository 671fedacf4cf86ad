import { preamble, section, sections, signed, unsigned } from './binary.js';
import { ops, simd, types, type ValueType } from './opcodes.js';

/** Writes the body of one function. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #locals: ValueType[] = [];
  readonly #reusable: number[] = [];
  /** Locals by the address of the constant that they contain, and the instructions that load them. */
  readonly #constants = new Map<number, number>();
  readonly #prologue: number[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** The instructions so far. */
  get bytes(): readonly number[] {
    return this.#bytes;
  }

  /** Declares a local variable and returns its index. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters + this.#locals.length - 1;
  }

  /** Returns vector number i of those that every copied function uses. */
  reusable(i: number): number {
    this.#reusable[i] ??= this.local(types.v128);
    return this.#reusable[i];
  }

  /**
   * Returns a local that contains the constant of 32 bits at an address in all lanes, loaded when the function begins.
   */
  constantAt(address: number): number {
    let local = this.#constants.get(address);
    if (local === undefined) {
      local = this.local(types.v128);
      this.#constants.set(address, local);
      const load = [0xfd, ...unsigned(simd.load32Splat), 2, 0];
      this.#prologue.push(0x41, ...signed(address), ...load, 0x21, ...unsigned(local));
    }
    return local;
  }

  op(...opcodes: readonly number[]): this {
    this.#bytes.push(...opcodes);
    return this;
  }

  simd(opcode: number, ...immediates: readonly number[]): this {
    this.#bytes.push(0xfd, ...unsigned(opcode), ...immediates);
    return this;
  }

  /** Emits a SIMD load or store at the address on the stack plus `offset`. */
  simdMemory(opcode: number, offset: number, ...lane: readonly number[]): this {
    return this.simd(opcode, 0, ...unsigned(offset), ...lane);
  }

  i32Load(offset: number): this {
    return this.op(0x28, 2, ...unsigned(offset));
  }

  f64Load(offset: number): this {
    return this.op(0x2b, 3, ...unsigned(offset));
  }

  f64Store(offset: number): this {
    return this.op(0x39, 3, ...unsigned(offset));
  }

  /** Pushes a byte of memory as an unsigned number. */
  byteLoad(offset: number): this {
    return this.op(0x2d, 0, ...unsigned(offset));
  }

  /** Converts the double on the stack to an int32, truncated toward zero and saturated; NaN becomes 0. */
  truncateDouble(): this {
    return this.op(0xfc, 2);
  }

  int(value: number): this {
    return this.op(0x41, ...signed(value));
  }

  double(value: number): this {
    return this.op(0x44, ...new Uint8Array(new Float64Array([value]).buffer));
  }

  /** Pushes a float vector with `value` in all lanes. */
  floats(value: number): this {
    const lane = [...new Uint8Array(new Float32Array([value]).buffer)];
    return this.simd(simd.constant, ...lane, ...lane, ...lane, ...lane);
  }

  /** Pushes an integer vector with `value` in all lanes. */
  ints(value: number): this {
    return this.int(value).simd(simd.i32splat);
  }

  get(local: number): this {
    return this.access(0x20, local);
  }

  set(local: number): this {
    return this.access(0x21, local);
  }

  tee(local: number): this {
    return this.access(0x22, local);
  }

  /** Emits an access to a local: 0x20 gets, 0x21 sets and 0x22 tees it. */
  access(opcode: number, local: number): this {
    return this.op(opcode, ...unsigned(local));
  }

  call(index: number): this {
    return this.op(0x10, ...unsigned(index));
  }

  /** local += value */
  increase(local: number, value: number): this {
    return this.get(local).int(value).op(ops.i32add).set(local);
  }

  /** Declares an integer local with the value that `emit` pushes. */
  let(emit: () => void): number {
    const local = this.local(types.i32);
    emit();
    this.set(local);
    return local;
  }

  /** Declares a local with word `index` of the arguments of a kernel. */
  argument(index: number): number {
    return this.let(() => this.get(0).i32Load(4 * index));
  }

  /** Declares locals with the quotient and remainder of the kernel's task number by word `index` of its arguments. */
  taskParts(index: number): { quotient: number; remainder: number } {
    const per = this.argument(index);
    return {
      quotient: this.let(() => this.get(1).get(per).op(ops.i32divU)),
      remainder: this.let(() => this.get(1).get(per).op(ops.i32remU)),
    };
  }

  /** Declares a local with the smaller of the number that `emit` pushes and word `index` of the arguments. */
  smaller(emit: () => void, index: number): number {
    const value = this.let(emit);
    return this.limit(value, this.argument(index));
  }

  /** value = min(value, limit), both locals. */
  limit(value: number, limit: number): number {
    this.get(value).get(limit).get(value).get(limit).op(ops.i32ltU, ops.select).set(value);
    return value;
  }

  /** Declares an integer local for intermediate results. */
  scratch(): number {
    return this.local(types.i32);
  }

  /** Repeats `body` and then `counter += step` while counter + step <= end; all but `step` are locals. */
  whileFits(counter: number, step: number, end: number, body: () => void): this {
    return this.while(
      () => this.get(counter).int(step).op(ops.i32add).get(end).op(ops.i32leU),
      () => {
        body();
        this.increase(counter, step);
      },
    );
  }

  /** Repeats `body` while `condition` leaves a number other than 0 on the stack. */
  while(condition: () => void, body: () => void): this {
    this.op(0x02, 0x40, 0x03, 0x40);
    condition();
    this.op(ops.i32eqz, 0x0d, 1);
    body();
    return this.op(0x0c, 0, 0x0b, 0x0b);
  }

  /**
   * Runs `body` for ranges from `begin` on of at most `size`, which end before `last`; once for none. All are locals.
   */
  visit(begin: number, end: number, size: number, last: number, body: () => void): this {
    this.op(0x03, 0x40).get(begin).get(size).op(ops.i32add).set(end).limit(end, last);
    body();
    return this.get(end).tee(begin).get(last).op(ops.i32ltU, 0x0d, 0, 0x0b);
  }

  /** Runs `body` if `condition` leaves a number other than 0 on the stack. */
  if(condition: () => void, body: () => void): this {
    condition();
    this.op(0x04, 0x40);
    body();
    return this.op(0x0b);
  }

  /** The function as an entry of the code section. */
  body(): number[] {
    const declared = this.#locals.flatMap((type) => [1, type]);
    const content = [...unsigned(this.#locals.length), ...declared, ...this.#prologue, ...this.#bytes, 0x0b];
    return [...unsigned(content.length), ...content];
  }
}

const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];

/**
 * A module that imports the shared memory and functions `math.<name>` from `arity` vectors to one, and exports `code`
 * as `run(args: i32, task: i32, thread: i32)`. Imported functions come first in the index space, in order.
 */
export function kernelModule(
  imports: readonly { readonly name: string; readonly arity: number }[],
  code: Code,
): Uint8Array {
  const { i32, v128 } = types;
  const signatures = [
    [0x60, 3, i32, i32, i32, 0],
    [0x60, 1, v128, 1, v128],
    [0x60, 2, v128, v128, 1, v128],
  ];
  const memory = [...text('env'), ...text('memory'), 2, 3, ...unsigned(1), ...unsigned(65536)];
  const functions = imports.map(({ name, arity }) => [...text('math'), ...text(name), 0, arity]);
  return new Uint8Array([
    ...preamble,
    ...section(sections.types, [signatures.length, ...signatures.flat()]),
    ...section(sections.imports, [1 + imports.length, ...memory, ...functions.flat()]),
    ...section(sections.functions, [1, 0]),
    ...section(sections.exports, [1, ...text('run'), 0, ...unsigned(imports.length)]),
    ...section(sections.code, [1, ...code.body()]),
  ]);
}
