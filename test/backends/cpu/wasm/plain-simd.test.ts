import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileKernels } from '../../../../scripts/kernels/compile.mjs';
import { CpuBackend } from '../../../../src/backends/cpu/backend.js';
import { kernels } from '../../../../src/backends/cpu/kernels.generated.js';
import { CpuRuntime } from '../../../../src/backends/cpu/runtime.js';
import { preamble, Reader, section, sections, sectionsOf } from '../../../../src/backends/cpu/wasm/binary.js';
import { passInstruction } from '../../../../src/backends/cpu/wasm/instructions.js';
import { Code } from '../../../../src/backends/cpu/wasm/module.js';
import { relaxed, simd, types } from '../../../../src/backends/cpu/wasm/opcodes.js';
import { withoutRelaxedSimd } from '../../../../src/backends/cpu/wasm/plain-simd.js';
import { decodeBytes } from '../../../../src/backends/cpu/wasm/text.js';
import { type Call, results } from '../../calls/call.js';
import { calls } from '../../calls/index.js';

const shipped = decodeBytes(kernels);
const rewritten = withoutRelaxedSimd(shipped);
// Node 20 has no relaxed SIMD until a backend enables it
const validBeforeAnyBackend = WebAssembly.validate(rewritten);

/** The number of relaxed SIMD instructions in a module. */
function countRelaxed(module: Uint8Array): number {
  const code = sectionsOf(module).find(({ id }) => id === sections.code);
  if (!code) return 0;
  const reader = new Reader(module, code.start);
  const counts = reader.vector(() => {
    const length = reader.unsigned();
    const end = reader.at + length;
    for (const count of reader.vector(() => [reader.unsigned(), reader.byte()])) expect(count[1]).toBeGreaterThan(0x7a);
    let found = 0;
    while (reader.at < end) if ((passInstruction(reader) ?? 0) >= relaxed.first) found++;
    expect(reader.at).toBe(end);
    return found;
  });
  expect(reader.at).toBe(code.end);
  return counts.reduce((a, b) => a + b, 0);
}

describe('the kernels without relaxed SIMD', () => {
  let [rewrittenBackend, compiledBackend]: CpuBackend[] = [];
  beforeAll(async () => {
    const compiled = await compileKernels({ relaxedSimd: false });
    [rewrittenBackend, compiledBackend] = [rewritten, compiled].map(
      (module) => new CpuBackend(new CpuRuntime({ threads: 1, relaxedSimd: false, mostPages: 4096, kernels: module })),
    );
  });

  it('are a valid module without its instructions', () => {
    expect(countRelaxed(shipped)).toBeGreaterThan(100);
    expect(countRelaxed(rewritten)).toBe(0);
    expect(validBeforeAnyBackend).toBe(true);
    const [before, after] = [shipped, rewritten].map((bytes) => new WebAssembly.Module(bytes));
    expect(WebAssembly.Module.exports(after)).toEqual(WebAssembly.Module.exports(before));
    expect(WebAssembly.Module.imports(after)).toEqual(WebAssembly.Module.imports(before));
  });

  for (const [primitive, arbitrary] of Object.entries(calls)) {
    it(`compute the same bits as those compiled without it in ${primitive}`, async () => {
      const bits = async (backend: CpuBackend, call: Call) =>
        Object.entries(await results(backend, call)).map(([name, values]) => [
          name,
          values instanceof Float32Array ? new Int32Array(values.buffer) : values,
        ]);
      await fc.assert(
        fc.asyncProperty(fc.noBias(arbitrary(3000)), async (call) => {
          expect(await bits(rewrittenBackend, call)).toEqual(await bits(compiledBackend, call));
        }),
        { numRuns: 10 },
      );
    });
  }
});

/** An expression of vectors: a number names a parameter. */
type Tree = number | { readonly op: 'madd' | 'nmadd' | 'doubles' | 'select'; readonly args: readonly Tree[] };

const parameters = 4;
const { tree } = fc.letrec<{ tree: Tree; node: Tree }>((tie) => ({
  tree: fc.oneof({ depthSize: 'medium', withCrossShrink: true }, fc.nat(parameters - 1), tie('node')),
  node: fc.record({
    op: fc.constantFrom('madd', 'nmadd', 'doubles', 'select'),
    args: fc.tuple(tie('tree'), tie('tree'), tie('tree')),
  }),
}));

const relaxedOps = {
  madd: relaxed.f32madd,
  nmadd: relaxed.f32nmadd,
  doubles: relaxed.f64madd,
  select: relaxed.i32select,
};

/** Emits an expression with relaxed instructions. */
function emit(code: Code, node: Tree): Code {
  if (typeof node === 'number') return code.get(node);
  for (const [i, arg] of node.args.entries()) {
    emit(code, arg);
    // mask lanes are all ones or all zeros; for other lanes the result depends on the machine
    if (node.op === 'select' && i === 2) code.floats(0).simd(simd.f32.lt);
  }
  return code.simd(relaxedOps[node.op]);
}

/** Emits an expression with plain instructions, in the order of the formula. */
function emitPlain(code: Code, node: Tree): Code {
  if (typeof node === 'number') return code.get(node);
  const [a, b, c] = node.args;
  const push = (arg: Tree) => emitPlain(code, arg);
  if (node.op === 'select') {
    push(a);
    push(b);
    return push(c).floats(0).simd(simd.f32.lt).simd(simd.bitselect);
  }
  const { mul, add } = node.op === 'doubles' ? simd.f64 : simd.f32;
  if (node.op === 'nmadd') {
    push(c);
    push(a);
    return push(b).simd(mul).simd(simd.f32.sub);
  }
  push(a);
  push(b);
  code.simd(mul);
  return push(c).simd(add);
}

/** A module whose `run` computes an expression of vectors in memory: inputs start at byte 0, the result at byte 256. */
function moduleOf(node: Tree, push: typeof emit, locals: number): Uint8Array<ArrayBuffer> {
  const inner = new Code(parameters);
  for (let i = 0; i < locals; i++) inner.local(types.v128);
  push(inner, node);
  const outer = new Code(0);
  outer.int(256);
  for (let i = 0; i < parameters; i++) outer.int(16 * i).simdMemory(simd.load, 0);
  outer.call(0).simdMemory(simd.store, 0);
  const { v128 } = types;
  const text = (value: string) => [value.length, ...new TextEncoder().encode(value)];
  return Uint8Array.from([
    ...preamble,
    ...section(sections.types, [2, 0x60, parameters, ...Array(parameters).fill(v128), 1, v128, 0x60, 0, 0]),
    ...section(sections.imports, [1, ...text('env'), ...text('memory'), 2, 0, 1]),
    ...section(sections.functions, [2, 0, 1]),
    ...section(sections.exports, [1, ...text('run'), 0, 1]),
    ...section(sections.code, [2, ...inner.body(), ...outer.body()]),
  ]);
}

describe('withoutRelaxedSimd', () => {
  it('rounds products and sums separately, in functions of any length and number of locals', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const run = (module: Uint8Array<ArrayBuffer>, values: Float32Array) => {
      new Float32Array(memory.buffer).set(values);
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } });
      (exports.run as () => void)();
      return new Int32Array(memory.buffer.slice(256, 272));
    };
    const values = fc.float32Array({ minLength: 4 * parameters, maxLength: 4 * parameters });
    fc.assert(
      fc.property(tree, values, fc.constantFrom(0, 1, 122, 123, 124, 200), (node, given, locals) => {
        const module = withoutRelaxedSimd(moduleOf(node, emit, locals));
        expect(countRelaxed(module)).toBe(0);
        expect(run(module, given)).toEqual(run(moduleOf(node, emitPlain, locals), given));
      }),
      { numRuns: 300 },
    );
  });

  it('changes nothing in modules without it', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const module = moduleOf(node, emitPlain, 0);
        expect(withoutRelaxedSimd(module)).toEqual(module);
      }),
    );
    expect(withoutRelaxedSimd(rewritten)).toEqual(rewritten);
  });

  it('names instructions that it cannot replace or does not know', () => {
    const moduleWith = (...body: number[]) =>
      Uint8Array.from([
        ...preamble,
        ...section(sections.types, [1, 0x60, 0, 0]),
        ...section(sections.functions, [1, 0]),
        ...section(sections.code, [1, ...new Code(0).op(...body).body()]),
      ]);
    const dot = [0xfd, 0x92, 0x02]; // i16x8.relaxed_dot_i8x16_i7x16_s
    expect(() => withoutRelaxedSimd(moduleWith(...dot))).toThrow('got opcode 0x112');
    expect(() => withoutRelaxedSimd(moduleWith(0xfd, 0x94, 0x02))).toThrow('got opcode 0xfd 0x114');
    expect(() => withoutRelaxedSimd(moduleWith(0xfc, 0x12))).toThrow('got opcode 0xfc 0x12');
    expect(() => withoutRelaxedSimd(moduleWith(0x06))).toThrow('got opcode 0x6');
  });
});

describe('passInstruction', () => {
  const big = [0x80, 0x80, 0x01];
  it.each([
    ['nop', [0x01]],
    ['block', [0x02, 0x40]],
    ['br', [0x0c, ...big]],
    ['br_table', [0x0e, 2, 0, ...big, 1]],
    ['call', [0x10, ...big]],
    ['call_indirect', [0x11, ...big, 0]],
    ['select of a type', [0x1c, 1, 0x7f]],
    ['local.tee', [0x22, ...big]],
    ['i32.load', [0x28, 2, ...big]],
    ['memory.grow', [0x40, 0]],
    ['i32.const', [0x41, 0xff, 0x7e]],
    ['i64.const', [0x42, 0x80, 0x80, 0x80, 0x80, 0x78]],
    ['f32.const', [0x43, 0x80, 0x80, 0x80, 0x80]],
    ['f64.const', [0x44, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['i32.extend8_s', [0xc0]],
    ['i32.trunc_sat_f64_s', [0xfc, 2]],
    ['memory.copy', [0xfc, 10, 0, 0]],
    ['memory.fill', [0xfc, 11, 0]],
    ['v128.load', [0xfd, 0, 4, ...big]],
    ['v128.const', [0xfd, 12, ...Array(16).fill(0x80)]],
    ['i8x16.shuffle', [0xfd, 13, ...Array(16).fill(31)]],
    ['f32x4.extract_lane', [0xfd, 0x1f, 3]],
    ['v128.store32_lane', [0xfd, 0x5a, 2, ...big, 3]],
    ['v128.load32_zero', [0xfd, 0x5c, 2, ...big]],
    ['f32x4.add', [0xfd, 0xe4, 0x01]],
    ['memory.atomic.notify', [0xfe, 0, 2, ...big]],
    ['atomic.fence', [0xfe, 3, 0]],
  ])('ends behind %s', (_, bytes) => {
    const reader = new Reader(Uint8Array.from([...bytes, 0x01]));
    passInstruction(reader);
    expect(reader.at).toBe(bytes.length);
  });
});
