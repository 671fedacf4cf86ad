import type { Reader } from './binary.js';

/** Prefixes of instructions. */
const prefixes = { various: 0xfc, simd: 0xfd, atomic: 0xfe } as const;

/**
 * Instructions whose immediates are numbers only: first opcode, last opcode, how many numbers. Loads and stores have an
 * alignment and an offset.
 */
const ranges = [
  [0x00, 0x01, 0], // unreachable, nop
  [0x02, 0x04, 1], // block, loop, if
  [0x05, 0x05, 0], // else
  [0x0b, 0x0b, 0], // end
  [0x0c, 0x0d, 1], // br, br_if
  [0x0f, 0x0f, 0], // return
  [0x10, 0x10, 1], // call
  [0x11, 0x11, 2], // call_indirect
  [0x1a, 0x1b, 0], // drop, select
  [0x20, 0x26, 1], // local, global, table
  [0x28, 0x3e, 2], // loads and stores
  [0x3f, 0x40, 1], // memory.size, memory.grow
  [0x41, 0x42, 1], // i32.const, i64.const
  [0x45, 0xc4, 0], // comparisons, arithmetic, conversions
] as const;

/** How many numbers follow each opcode; `other` if the opcode is not in `ranges`. */
const other = 255;
const numbers = new Uint8Array(256).fill(other);
for (const [first, last, count] of ranges) numbers.fill(count, first, last + 1);

const [branchTable, typedSelect, f32Constant, f64Constant] = [0x0e, 0x1c, 0x43, 0x44];

/**
 * How many numbers follow each opcode of the first prefix: truncations, then operations on ranges of memory and on
 * tables.
 */
const variousNumbers = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

const fence = 3;
const lastSimd = 0x113;

/**
 * Moves a reader past one instruction and returns its opcode if it is a SIMD instruction, else null.
 *
 * @throws Error when the instruction is unknown
 */
export function passInstruction(reader: Reader): number | null {
  const opcode = reader.byte();
  const count = numbers[opcode];
  if (count !== other) reader.skipNumbers(count);
  else if (opcode === prefixes.simd) return passSimd(reader);
  else if (opcode === prefixes.atomic) {
    if (reader.unsigned() === fence) reader.skip(1);
    else reader.skipNumbers(2);
  } else if (opcode === prefixes.various) {
    const various = reader.unsigned();
    if (various >= variousNumbers.length) fail(opcode, various);
    reader.skipNumbers(variousNumbers[various]);
  } else if (opcode === f32Constant) reader.skip(4);
  else if (opcode === f64Constant) reader.skip(8);
  else if (opcode === typedSelect) reader.skipNumbers(reader.unsigned());
  else if (opcode === branchTable) reader.skipNumbers(reader.unsigned() + 1);
  else fail(opcode);
  return null;
}

function passSimd(reader: Reader): number {
  const opcode = reader.unsigned();
  if (opcode > lastSimd) fail(prefixes.simd, opcode);
  const lane = (opcode >= 0x54 && opcode <= 0x5b) || (opcode >= 0x15 && opcode <= 0x22);
  if (opcode <= 0x0b || (opcode >= 0x54 && opcode <= 0x5d)) reader.skipNumbers(2); // loads and stores
  if (opcode === 0x0c || opcode === 0x0d) reader.skip(16); // a constant, lanes of a shuffle
  if (lane) reader.skip(1);
  return opcode;
}

function fail(...opcode: readonly number[]): never {
  const text = opcode.map((byte) => `0x${byte.toString(16)}`).join(' ');
  throw new Error(`wasm: expected a known instruction, got opcode ${text}`);
}
