import { type Bytes, joined, preamble, Reader, sections, sectionsOf, unsigned } from './binary.js';
import { passInstruction } from './instructions.js';
import { Code } from './module.js';
import { relaxed, simd, types } from './opcodes.js';

/** Locals that the replacements may use. */
interface Spare {
  readonly addend: number;
  readonly product: number;
}

/**
 * Replacements of relaxed SIMD: for example a multiplication and an addition, each rounded, for a fused multiply-add.
 */
const replacements = new Map<number, (code: Code, spare: Spare) => Code>([
  [relaxed.f32madd, (code, { addend }) => code.set(addend).simd(simd.f32.mul).get(addend).simd(simd.f32.add)],
  [
    relaxed.f32nmadd,
    (code, { addend, product }) =>
      code.set(addend).simd(simd.f32.mul).set(product).get(addend).get(product).simd(simd.f32.sub),
  ],
  [relaxed.f64madd, (code, { addend }) => code.set(addend).simd(simd.f64.mul).get(addend).simd(simd.f64.add)],
  [relaxed.i32select, (code) => code.simd(simd.bitselect)],
]);

/**
 * Returns a copy of a module with plain SIMD in place of relaxed SIMD, for engines that lack the latter. The kernels
 * that ship use relaxed SIMD; compiling their sources without it gives a module that computes the same bits as this
 * copy.
 *
 * @throws Error when the module contains an instruction that is unknown or has no replacement
 */
export function withoutRelaxedSimd(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const parameters = parameterCounts(module);
  const parts = sectionsOf(module).flatMap(({ id, start, end }): Bytes[] => {
    if (id !== sections.code) return [[id, ...unsigned(end - start)], module.subarray(start, end)];
    const reader = new Reader(module, start);
    let defined = 0;
    const bodies = reader.vector(() => plainBody(reader, parameters[defined++]));
    const content = joined([unsigned(bodies.length), ...bodies]);
    return [[id, ...unsigned(content.length)], content];
  });
  return joined([preamble, ...parts]);
}

/** The number of parameters of each function that the module defines. */
function parameterCounts(module: Uint8Array): number[] {
  const readerOf = (id: number) => new Reader(module, sectionsOf(module).find((each) => each.id === id)?.start);
  const typeReader = readerOf(sections.types);
  const counts = typeReader.vector(() => {
    typeReader.skip(1); // "func"
    const parameters = typeReader.unsigned();
    typeReader.skip(parameters);
    typeReader.skip(typeReader.unsigned()); // results
    return parameters;
  });
  const reader = readerOf(sections.functions);
  return reader.vector(() => counts[reader.unsigned()]);
}

/**
 * Reads one function of the code section and returns it without relaxed SIMD, with spare locals after its own if
 * needed.
 */
function plainBody(reader: Reader, parameters: number): Uint8Array {
  const { bytes, at: begin } = reader;
  const length = reader.unsigned();
  const end = reader.at + length;
  let locals = parameters;
  const groups = reader.vector(() => {
    const [count, type] = [reader.unsigned(), reader.byte()];
    locals += count;
    return [...unsigned(count), type];
  });
  const spare = { addend: locals, product: locals + 1 };
  const parts: Bytes[] = [];
  // instructions before this index are in `parts`
  let done = reader.at;
  while (reader.at < end) {
    const start = reader.at;
    const opcode = passInstruction(reader);
    if (opcode === null || opcode < relaxed.first) continue;
    const replace = replacements.get(opcode);
    if (!replace)
      throw new Error(`wasm: expected relaxed SIMD with a replacement, got opcode 0x${opcode.toString(16)}`);
    parts.push(bytes.subarray(done, start), replace(new Code(parameters), spare).bytes);
    done = reader.at;
  }
  if (parts.length === 0) return bytes.subarray(begin, end);
  groups.push([...unsigned(2), types.v128]);
  const content = joined([unsigned(groups.length), ...groups, ...parts, bytes.subarray(done, end)]);
  return joined([unsigned(content.length), content]);
}
