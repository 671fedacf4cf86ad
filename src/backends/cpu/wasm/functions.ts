import { Reader, sections, sectionsOf } from './binary.js';
import { passInstruction } from './instructions.js';
import type { Code } from './module.js';
import { simd, type ValueType } from './opcodes.js';

/** A function of a module, decoded as far as copying its code needs. */
interface StraightLine {
  readonly parameters: number;
  /** The types of its locals, parameters first. */
  readonly locals: readonly ValueType[];
  readonly parts: readonly Part[];
}

/** Instructions: bytes, an access to a local, or the load of the constant at `address` into all lanes. */
type Part = Uint8Array | { readonly opcode: number; readonly local: number } | { readonly address: number };

/** Opcodes of accesses to locals, the first and the last; of constants; and the last of control flow and calls. */
const [localGet, localTee, i32Constant, lastControl] = [0x20, 0x22, 0x41, 0x11];

/**
 * Functions of a compiled module whose code can be copied into other functions: calls of imports cannot be inlined by
 * the engine, and prevent it from joining vectors.
 */
export class InlineFunctions {
  readonly #module: Uint8Array;
  readonly #found = new Map<string, StraightLine | null>();

  constructor(module: Uint8Array) {
    this.#module = module;
  }

  /** Whether the code of an exported function can be copied: it has no branches, loops or calls. */
  has(name: string): boolean {
    return this.#find(name) !== null;
  }

  /** Emits the code of a function, for arguments on the stack. */
  emit(code: Code, name: string): void {
    const found = this.#find(name);
    if (!found) throw new Error(`wasm: expected a function without branches and calls, got ${name}`);
    const locals = code.reusableLocals(found.locals);
    for (let i = found.parameters - 1; i >= 0; i--) code.set(locals[i]);
    for (const part of found.parts) {
      if (part instanceof Uint8Array) code.op(...part);
      else if ('address' in part) code.get(code.constantAt(part.address));
      else code.access(part.opcode, locals[part.local]);
    }
  }

  #find(name: string): StraightLine | null {
    let found = this.#found.get(name);
    if (found === undefined) {
      found = this.#read(name);
      this.#found.set(name, found);
    }
    return found;
  }

  #read(name: string): StraightLine | null {
    const startOf = (id: number) => sectionsOf(this.#module).find((each) => each.id === id)?.start;
    const exported = new Reader(this.#module, startOf(sections.exports));
    const indices = new Map(
      exported.vector(() => {
        const length = exported.unsigned();
        const text = new TextDecoder().decode(this.#module.subarray(exported.at, exported.at + length));
        exported.skip(length);
        exported.skip(1);
        return [text, exported.unsigned()] as const;
      }),
    );
    const index = indices.get(name);
    if (index === undefined) return null;
    const typeReader = new Reader(this.#module, startOf(sections.types));
    const parameterTypes = typeReader.vector(() => {
      typeReader.skip(1);
      const parameters = typeReader.vector(() => typeReader.byte() as ValueType);
      typeReader.skip(typeReader.unsigned());
      return parameters;
    });
    const functionReader = new Reader(this.#module, startOf(sections.functions));
    const type = functionReader.vector(() => functionReader.unsigned())[index];
    const codeReader = new Reader(this.#module, startOf(sections.code));
    const bodies = codeReader.vector(() => {
      const length = codeReader.unsigned();
      codeReader.skip(length);
      return { start: codeReader.at - length, end: codeReader.at };
    });
    const { start, end } = bodies[index];
    return straightLine(new Reader(this.#module, start), end, parameterTypes[type]);
  }
}

/** Decodes a body; null if it has branches or calls, or reads a local before it has a value. */
function straightLine(reader: Reader, end: number, parameters: readonly ValueType[]): StraightLine | null {
  const declared = reader.vector(() => Array<ValueType>(reader.unsigned()).fill(reader.byte() as ValueType));
  const locals = [...parameters, ...declared.flat()];
  const known = new Set(parameters.keys());
  const parts: Part[] = [];
  // instructions before this index are in `parts`
  let done = reader.at;
  while (reader.at < end - 1) {
    const start = reader.at;
    const opcode = reader.bytes[start];
    if (opcode <= lastControl) return null;
    passInstruction(reader);
    const part = opcode === i32Constant ? constantPart(reader, start) : accessPart(reader, start, known);
    if (part === 'unknown') return null;
    if (part === null) continue;
    parts.push(reader.bytes.subarray(done, start), part);
    done = reader.at;
  }
  parts.push(reader.bytes.subarray(done, end - 1));
  return { parameters: parameters.length, locals, parts };
}

/** An access to a local at `start`, if there is one; 'unknown' if it reads a local that has no value yet. */
function accessPart({ bytes }: Reader, start: number, known: Set<number>): Part | 'unknown' | null {
  const opcode = bytes[start];
  if (opcode < localGet || opcode > localTee) return null;
  const local = new Reader(bytes, start + 1).unsigned();
  if (opcode === localGet && !known.has(local)) return 'unknown';
  known.add(local);
  return { opcode, local };
}

/** The load of a constant whose address is pushed at `start`, if the next instruction is one; moves past it. */
function constantPart(reader: Reader, start: number): Part | null {
  const next = new Reader(reader.bytes, reader.at);
  if (passInstruction(next) !== simd.load32Splat) return null;
  const address = new Reader(reader.bytes, start + 1).unsigned();
  const load = new Reader(reader.bytes, reader.at + 2);
  load.skipNumbers(); // the alignment
  reader.at = next.at;
  return { address: address + load.unsigned() };
}
