import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from '../../../src/backends/cpu/conv/conv.js';
import { compileMap, type MapVariant, planMap } from '../../../src/backends/cpu/formula/map.js';
import { kernels } from '../../../src/backends/cpu/kernels.generated.js';
import { matmul } from '../../../src/backends/cpu/matmul.js';
import { CpuRuntime } from '../../../src/backends/cpu/runtime.js';
import { decodeBytes } from '../../../src/backends/cpu/wasm/text.js';
import { obstacle } from '../../../src/backends/cpu/wide/compile.js';
import { probe } from '../../../src/backends/cpu/wide/probe.js';
import { device, formula, getSimdWidth, rand, setSimdWidth, ValueError } from '../../../src/index.js';
import { conv2dGeometry } from '../../../src/tensor/geometry.js';
import { joinedFunctions } from '../../helpers/joined-functions.js';

const engine = new CpuRuntime({ threads: 2, mostPages: 4096, simdWidth: 256 });
afterAll(() => engine.resize(1));

/** The module of wide kernels. */
const wideText = readFileSync('src/backends/cpu/wide/wide.generated.cjs', 'utf8');
const wideModule = Buffer.from(/"([\w+/=]{1000,})"/.exec(wideText)?.[1] as string, 'base64');

/** Whether this engine, according to its version, runs wide kernels. */
const expected = obstacle() === null;

/** Fills `count` floats with values of different magnitudes, some of them special. */
function filled(count: number, seed: number, special = false): number {
  const pointer = engine.allocate(4 * count);
  const values = engine.f32.subarray(pointer / 4, pointer / 4 + count);
  for (let i = 0; i < count; i++) values[i] = Math.sin(seed + i * 12.9898) * 2 ** (i % 5);
  if (special) for (const [i, value] of [Number.NaN, Infinity, -0, 1e-42].entries()) values[(i * 7919) % count] = value;
  return pointer;
}

/** Runs `body` at both widths and compares the bits of `count` floats that it leaves at `result`. */
function expectSameBits(result: number, count: number, body: () => void): void {
  const bits = [128, 256].map((width) => {
    engine.simdWidth = width as 128;
    new Uint32Array(engine.memory.buffer, result, count).fill(0x7fc12345);
    body();
    return new Uint32Array(engine.memory.buffer, result, count).slice();
  });
  expect(bits[1]).toEqual(bits[0]);
}

const size = fc.integer({ min: 1, max: 70 });

describe('wide kernels', () => {
  it('are expected of Node 24 to 26 on x64, except on macOS', () => {
    const major = Number.parseInt(process.versions.node, 10);
    expect(expected).toBe(process.arch === 'x64' && process.platform !== 'darwin' && major >= 24 && major <= 26);
  });

  it('are used where the engine has what they need, else a reason is given', () => {
    if (expected) expect([engine.simdWidth, engine.notWide]).toEqual([256, null]);
    else {
      expect(engine.simdWidth).toBe(128);
      expect(engine.notWide).toMatch(/^expected (V8 13\.6 to 14\.6|x64)/);
    }
  });

  it('compute the bits of the others in matrix products', () => {
    const shapes = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      m: size,
      n: size,
      k: fc.integer({ min: 0, max: 300 }),
    });
    const options = fc.record({ transposeA: fc.boolean(), transposeB: fc.boolean(), accumulate: fc.boolean() });
    fc.assert(
      fc.property(shapes, options, fc.boolean(), ({ batch, m, n, k }, given, special) => {
        const [a, b] = [filled(batch * m * k + 1, 1, special), filled(batch * k * n + 1, 2, special)];
        const c = engine.allocate(4 * batch * m * n);
        const call = { ...given, batch, m, n, k, a, b, c, strideA: m * k, strideB: k * n };
        expectSameBits(c, batch * m * n, () => matmul(engine, call));
        for (const pointer of [a, b, c]) engine.free(pointer);
      }),
    );
  });

  it('compute the bits of the others in convolutions and their gradients', () => {
    const shape = fc.record({
      batch: fc.integer({ min: 1, max: 5 }),
      inChannels: fc.integer({ min: 1, max: 40 }),
      outChannels: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 3, max: 14 }),
      width: fc.integer({ min: 3, max: 14 }),
      kernel: fc.constantFrom(1, 2, 3),
      stride: fc.constantFrom(1, 2),
      padding: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(shape, ({ batch, inChannels, outChannels, height, width, kernel, stride, padding }) => {
        const shapeOfX = [batch, inChannels, height, width];
        const g = conv2dGeometry(shapeOfX, [outChannels, inChannels, kernel, kernel], { stride, padding });
        const sizes = [
          batch * inChannels * height * width,
          outChannels * inChannels * kernel * kernel,
          batch * outChannels * g.outHeight * g.outWidth,
        ];
        const [x, w, dy] = sizes.map((count, i) => filled(count, i));
        const bias = filled(outChannels, 4);
        const [dx, dw, y] = sizes.map((count) => engine.allocate(4 * count));
        expectSameBits(y, sizes[2], () => conv2d(engine, { input: x, weights: w, bias, output: y }, g));
        expectSameBits(dx, sizes[0], () => conv2dInputGrad(engine, dy, w, dx, g));
        expectSameBits(dw, sizes[1], () => conv2dWeightGrad(engine, x, dy, dw, g));
        for (const pointer of [x, w, dy, bias, dx, dw, y]) engine.free(pointer);
      }),
    );
  });

  it('are not used if the probe finds that they are not faster, or compute other bits', () => {
    const memory = new Float32Array(probe.bytes / 4);
    /** A tile that takes some milliseconds and writes `value` to eight floats of its result. */
    const tile =
      (milliseconds: number, value: number, place: number) =>
      (...args: readonly number[]) => {
        const end = performance.now() + milliseconds;
        while (performance.now() < end);
        memory.fill(value, args[place] / 4, args[place] / 4 + 8);
      };
    const verdict = (wideTime: number, wideValue: number) => {
      memory.fill(0);
      const tiles = { tileWide: tile(wideTime, wideValue, 5), tilePacked: tile(0.02, 1, 4) };
      return probe(tiles as unknown as WebAssembly.Exports, memory, 0);
    };
    const same = () => {
      const tiles = { tileWide: tile(0.04, 0, 5), tilePacked: tile(0.02, 0, 4) };
      return probe(tiles as unknown as WebAssembly.Exports, memory.fill(0), 0);
    };
    expect(same()).toMatch(/^expected them to be 1\.3 times as fast on this processor, got 1\./);
    expect(verdict(0.001, 2)).toBe('the engine computes other bits with them');
  });
});

describe('the width of vectors', () => {
  it('is set by setSimdWidth and shown by device.info', () => {
    const before = getSimdWidth();
    try {
      rand([4]).add(1);
      setSimdWidth(128);
      expect(device.info('cpu').description).toBe('WebAssembly SIMD kernels');
      setSimdWidth(256);
      const { description, fallback } = device.info('cpu');
      expect([description, fallback === undefined]).toEqual([
        `WebAssembly SIMD kernels${expected ? ' of 256 bits' : ''}`,
        expected,
      ]);
      for (const width of [64, '256', undefined]) expect(() => setSimdWidth(width as 128)).toThrow(ValueError);
    } finally {
      setSimdWidth(before);
    }
  });

  it('is bounded by ANTINODE_SIMD_WIDTH', () => {
    const program = `import('./src/backends/cpu/wide/simd-width.ts').then((m) => console.log(m.getSimdWidth()))`;
    const run = (width: string) =>
      spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
        env: { ...process.env, ANTINODE_SIMD_WIDTH: width },
        encoding: 'utf8',
      });
    expect(run('128').stdout).toBe('128\n');
    expect(run('').stdout).toBe('256\n');
    expect(run('512').stderr).toContain("ANTINODE_SIMD_WIDTH: expected 128 or 256, got '512'");
  });
});

/** Functions whose loops must be joined: inner loops of wide kernels. */
const hotFunctions = [
  ...[
    'tileWide',
    'tileWide6',
    'tileWideRows',
    'tileInPlaceWide',
    'gatherTile8',
    'tiles6',
    'gatherTileWide',
    'gatherTileWide6',
    'inputTransforms',
    'outputTransforms',
    'gradientTransforms',
  ],
  ...['weightTransforms', 'weightGradientTransforms'],
];

const hotFormulas = {
  sum: 'y = a + b',
  relu: 'y = a <= 0 ? 0 : a',
  largest: 'y = max(a, b)',
  momentum: 'v = 0.9 * a + b; y = c - 0.1 * v',
  adam: 'm = 0.9 * a + 0.1 * b; v = 0.99 * c + 0.01 * b * b; y = a - 0.1 * m / (sqrt(v) + 1e-8)',
  exp: 'y = exp(a)',
  expm1: 'y = expm1(a)',
  log: 'y = log(a)',
  log1p: 'y = log1p(a)',
  tanh: 'y = tanh(a)',
  sigmoid: 'y = sigmoid(a)',
  gelu: 'y = a * 0.5 * (1 + erf(a * 0.7071067811865476))',
};

/** Compiles wide modules while the engine optimises the large module of another compiler in the background. */
const compileBeside = `
  import asc from 'assemblyscript/asc';
  import { compileWide } from './src/backends/cpu/wide/compile.ts';
  import { readFileSync } from 'node:fs';
  const source = readFileSync('bench/kernels/peak.ts', 'utf8');
  const optimise = () => asc.compileString(source, { optimizeLevel: 3, runtime: 'stub', enable: ['simd'] });
  const text = readFileSync('src/backends/cpu/wide/wide.generated.cjs', 'utf8');
  const module = Buffer.from(/"([\\w+/=]{1000,})"/.exec(text)[1], 'base64');
  await optimise();
  for (let i = 0; i < 60; i++) {
    // a section that engines ignore: modules of the same bytes are compiled once
    compileWide(Uint8Array.from([...module, 0, 2, 1, 65 + i]));
    if (i % 12 === 0) await optimise();
  }
  console.log('survived');
  process.exit(0);`;

describe('static data of the modules', () => {
  it('do not overlap each other or the control block', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const endOf = (bytes: Uint8Array<ArrayBuffer>) => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, abort() {} } });
      return (exports.staticsEnd as () => number)();
    };
    new CpuRuntime({ threads: 1, mostPages: 1024 }); // switches relaxed SIMD on in Node 20
    expect(endOf(decodeBytes(kernels))).toBeLessThanOrEqual(4096);
    expect(endOf(Uint8Array.from(wideModule))).toBeLessThanOrEqual(8192);
  });
});

if (expected) {
  it('are compiled without harm to modules that the engine optimises in the background', () => {
    const options = ['--import', 'tsx', '--input-type=module', '-e', compileBeside];
    const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['survived\n', '']);
  }, 240_000);

  describe('V8 joins the vectors', () => {
    const module = wideModule;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
      env: { memory: new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }), abort() {} },
    });
    const formulas = Object.entries(hotFormulas).map(([name, source]) => {
      const names = [...new Set(source.match(/\b[a-z]\b/g))];
      const f = formula(source, { tensors: names });
      const operands = Object.fromEntries(
        names.map((each) => [each, { shape: [64], dtype: 'float32', size: 64, handle: 0 } as const]),
      );
      const call = planMap(f, operands, { arithmetic: 'float', relaxed: true, wide: true });
      return [name, compileMap(f, operands, call?.variant as MapVariant, engine.functions)] as const;
    });
    const joined = joinedFunctions([module, ...formulas.map(([, bytes]) => bytes)]);

    it.each(hotFunctions)('of %s', (name) => {
      expect(joined[0].has(Number((exports[name] as () => void).name))).toBe(true);
    });

    it.each(formulas.map(([name], i) => ({ name, i })))('of the formula of $name', ({ i }) => {
      expect(joined[i + 1].has(0)).toBe(true);
    });
  });
}
