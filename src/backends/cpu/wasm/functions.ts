import { Reader, sections, sectionsOf } from './binary.js';
import { passInstruction } from './instructions.js';
import type { Code } from './module.js';
import { simd, types } from './opcodes.js';

/** Instructions: bytes, an access to a local, or the load of the constant at `address` into all lanes. */
type Part = Uint8Array | { readonly opcode: number; readonly local: number } | { readonly address: number };

/** Opcodes of accesses to locals, the first and the last; of constants; and the last of control flow and calls. */
const [localGet, localTee, i32Constant, lastControl] = [0x20, 0x22, 0x41, 0x11];

/**
 * Functions from vectors to a vector whose code can be copied into other functions: the engine does not inline calls of
 * imports, nor does it join vectors of a function with calls.
 */
export class InlineFunctions {
  readonly #bytes: Uint8Array;
  readonly #exports: WebAssembly.Exports;
  readonly #found = new Map<string, readonly Part[] | null>();

  /** @param bytes the module of the exports, which imports no functions */
  constructor(bytes: Uint8Array, exports: WebAssembly.Exports) {
    this.#bytes = bytes;
    this.#exports = exports;
  }

  /** Whether the code of an exported function can be copied: it has no branches, loops or calls. */
  has(name: string): boolean {
    return this.#partsOf(name) !== null;
  }

  /** Emits the code of a function, for arguments on the stack. */
  emit(code: Code, name: string): void {
    for (let i = this.#exported(name).length - 1; i >= 0; i--) code.set(code.reusable(i));
    for (const part of this.#partsOf(name) ?? []) {
      if (part instanceof Uint8Array) code.op(...part);
      else if ('address' in part) code.get(code.constantAt(part.address));
      else code.access(part.opcode, code.reusable(part.local));
    }
  }

  #exported(name: string): (...args: never[]) => unknown {
    return this.#exports[name] as (...args: never[]) => unknown;
  }

  #partsOf(name: string): readonly Part[] | null {
    let parts = this.#found.get(name);
    if (parts === undefined) {
      const { name: index, length } = this.#exported(name);
      parts = read(bodyOf(this.#bytes, Number(index)), length);
      this.#found.set(name, parts);
    }
    return parts;
  }
}

/** The body of a function: its locals and instructions. */
function bodyOf(module: Uint8Array, index: number): Uint8Array {
  const reader = new Reader(module, sectionsOf(module).find(({ id }) => id === sections.code)?.start);
  reader.unsigned();
  for (let i = 0; i < index; i++) reader.skip(reader.unsigned());
  const length = reader.unsigned();
  return module.subarray(reader.at, reader.at + length);
}

/** Decodes a body; null if it has branches, calls or locals other than vectors, or reads a local before it has a value. */
function read(body: Uint8Array, parameters: number): readonly Part[] | null {
  const reader = new Reader(body);
  const known = new Set(Array(parameters).keys());
  const parts: Part[] = [];
  // counts and types of locals
  if (reader.vector(() => [reader.unsigned(), reader.byte()]).some(([, type]) => type !== types.v128)) return null;
  // instructions before this index are in `parts`
  let done = reader.at;
  while (reader.at < body.length - 1) {
    const start = reader.at;
    const opcode = body[start];
    if (opcode <= lastControl) return null;
    passInstruction(reader);
    const operand = new Reader(body, start + 1);
    let part: Part | null = null;
    if (opcode >= localGet && opcode <= localTee) {
      const local = operand.unsigned();
      if (opcode === localGet && !known.has(local)) return null;
      known.add(local);
      part = { opcode, local };
    } else if (opcode === i32Constant) part = constantLoad(reader, operand.unsigned());
    if (!part) continue;
    parts.push(body.subarray(done, start), part);
    done = reader.at;
  }
  parts.push(body.subarray(done, body.length - 1));
  return parts;
}

/** If the next instruction loads the constant at an address, which is on the stack, moves past it. */
function constantLoad(reader: Reader, address: number): Part | null {
  const next = new Reader(reader.bytes, reader.at);
  if (passInstruction(next) !== simd.load32Splat) return null;
  reader.skip(2);
  reader.skipNumbers(); // the alignment
  const part = { address: address + reader.unsigned() };
  reader.at = next.at;
  return part;
}
