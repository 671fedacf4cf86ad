import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileError, ValueError } from '../../src/errors.js';
import { loadCheckpoint, saveCheckpoint } from '../../src/io/checkpoint.js';
import { loadSafetensors } from '../../src/io/safetensors.js';
import { scope } from '../../src/tensor/memory/scope.js';
import { memory } from '../../src/tensor/memory/storage.js';
import { Generator } from '../../src/tensor/random.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { root } from '../helpers/sources.js';
import { reference, tensorOf } from '../helpers/tensors.js';

const folder = mkdtempSync(join(tmpdir(), 'antinode-checkpoint-'));
const path = join(folder, 'run.safetensors');
beforeEach(() => rmSync(path, { force: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A model with one weight, which loading overwrites as in nn.Module. */
function modelOf(values: number[]) {
  const weight = tensorOf([values.length], values);
  return {
    weight,
    stateDict: () => new Map([['layer.weight', weight]]),
    loadStateDict(state: Map<string, Tensor>): void {
      const from = state.get('layer.weight');
      if (from?.size !== weight.size) throw new ValueError(`model: expected ${weight.size} values, got ${from?.size}`);
      reference.write(weight, from.dataSync());
    },
  };
}

/** An optimizer whose state has PyTorch's layout; with `refuses`, it rejects every state except its own. */
function optimizerOf(step: number, refuses = false) {
  const slot = tensorOf([2], [step, -step]);
  return {
    step,
    stateDict() {
      return { state: { 0: { pos: slot, step: this.step } }, paramGroups: [{ lr: 0.1, params: [0] }] };
    },
    loadStateDict(given: { state: { 0: { pos: Tensor; step: number } } }): void {
      if (refuses && given.state[0].step !== step) throw new ValueError('optimizer: expected another state');
      this.step = given.state[0].step;
      reference.write(slot, given.state[0].pos.dataSync());
    },
  };
}

describe('saveCheckpoint and loadCheckpoint', () => {
  it('restore models, optimizers and generators in place and return the rest', async () => {
    const random = new Generator(7);
    random.reserve(100);
    await saveCheckpoint(path, { model: modelOf([1, 2, 3]), optimizer: optimizerOf(5), random, epoch: 3, note: 'x' });
    const model = modelOf([0, 0, 0]);
    const optimizer = optimizerOf(0);
    const other = new Generator(1);
    expect(await loadCheckpoint(path, { model, optimizer, random: other })).toEqual({ epoch: 3, note: 'x' });
    expect(Array.from(model.weight.dataSync())).toEqual([1, 2, 3]);
    expect(optimizer.step).toBe(5);
    expect(Array.from(optimizer.stateDict().state[0].pos.dataSync())).toEqual([5, -5]);
    expect(other.state()).toEqual(random.state());
  });

  it('keep tensors under readable names in a file that any safetensors reader opens', async () => {
    await saveCheckpoint(path, { model: modelOf([1]), optimizer: optimizerOf(5) });
    expect([...(await loadSafetensors(path)).keys()].sort()).toEqual(['model.layer.weight', 'optimizer.state.0.pos']);
  });

  const leaf = fc.oneof(
    fc.double(),
    fc.constantFrom(-0, NaN, Infinity, undefined),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
  );
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom('$map', '$number', '$undefined', '$object', '__proto__')),
        tie('data'),
        {
          maxKeys: 3,
          noNullPrototype: true,
        },
      ),
      fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.double()), tie('data')), { maxLength: 3 })
        .map((list) => new Map(list)),
    ),
  }));
  it('keep every number and plain value', async () => {
    await fc.assert(
      fc.asyncProperty(data, async (extra) => {
        await saveCheckpoint(path, { extra });
        expect(await loadCheckpoint(path)).toStrictEqual({ extra });
      }),
      { numRuns: 100 },
    );
  });

  it('keep the tensors in plain data alive after loading, and free all others', async () => {
    await saveCheckpoint(path, { model: modelOf([1, 2]), best: { weights: [tensorOf([2], [NaN, -0])] } });
    const model = modelOf([0, 0]);
    const before = memory('reference').tensors;
    await scope(async () => {
      const { best } = (await loadCheckpoint(path, { model })) as { best: { weights: Tensor[] } };
      expect(Array.from(best.weights[0].dataSync())).toEqual([NaN, -0]);
      expect(memory('reference').tensors).toBe(before + 1);
    });
    expect(memory('reference').tensors).toBe(before);
  });

  it('reject a file in which any byte was changed, and change nothing', async () => {
    await saveCheckpoint(path, { model: modelOf([1, 2, 3]), epoch: 3 });
    const whole = readFileSync(path);
    const model = modelOf([7, 8, 9]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        // White space at the end of the header may change without harm.
        fc.pre(whole[at] !== 0x20);
        const bytes = Uint8Array.from(whole);
        bytes[at] ^= mask;
        writeFileSync(path, bytes);
        await expect(loadCheckpoint(path, { model })).rejects.toThrow(FileError);
        expect(Array.from(model.weight.dataSync())).toEqual([7, 8, 9]);
      }),
      { numRuns: 300 },
    );
    for (let size = 0; size < whole.length; size += 7) {
      writeFileSync(path, whole.subarray(0, size));
      await expect(loadCheckpoint(path, { model })).rejects.toThrow(`${path}: expected`);
    }
  });

  it('change nothing if one of the objects rejects its state', async () => {
    await saveCheckpoint(path, { model: modelOf([1, 2]), optimizer: optimizerOf(5) });
    const model = modelOf([7, 8]);
    const optimizer = optimizerOf(1, true);
    await expect(loadCheckpoint(path, { model, optimizer })).rejects.toThrow(
      `${path}: expected a state that 'optimizer' takes, got: optimizer: expected another state`,
    );
    expect(Array.from(model.weight.dataSync())).toEqual([7, 8]);
    await expect(loadCheckpoint(path, { model: modelOf([1, 2, 3]) })).rejects.toThrow(/'model' takes.*got 2/);
    await expect(loadCheckpoint(path, { scheduler: optimizer })).rejects.toThrow(
      `${path}: expected a state of 'scheduler', got ['model', 'optimizer']`,
    );
    await expect(loadCheckpoint(path, { epoch: 1 })).rejects.toThrow(/loadStateDict or setState for 'epoch'/);
  });

  it('reject data that cannot be saved, and keep the previous file', async () => {
    await saveCheckpoint(path, { epoch: 1 });
    const cycle: Record<string, unknown> = {};
    cycle.inner = [cycle];
    for (const [extra, message] of [
      [() => 1, /plain data and tensors at extra, got function/],
      [{ when: new Date() }, /at extra.when, got Date/],
      [[1n], /at extra.0, got bigint/],
      [cycle, /without cycles, got one at extra.inner.0/],
    ] as const) {
      await expect(saveCheckpoint(path, { extra })).rejects.toThrow(message);
    }
    expect(await loadCheckpoint(path)).toEqual({ epoch: 1 });
    expect(readdirSync(folder)).toEqual(['run.safetensors']);
  });

  it('record the arithmetic of the devices, and warn where it changes', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      await saveCheckpoint(path, { model: modelOf([1]), epoch: 1 });
      await loadCheckpoint(path, { model: modelOf([2]) });
      await loadCheckpoint(path);
      expect(warn).not.toHaveBeenCalled();
      vi.spyOn(reference, 'info').mockReturnValue({ ...reference.info(), arithmetic: 'float16' });
      await loadCheckpoint(path, { model: modelOf([2]) });
      expect(warn.mock.calls).toEqual([
        [`${path}: computed in float64, continues in float16; results will differ in rounding`],
      ]);
    } finally {
      vi.restoreAllMocks();
    }
  });

  it('read back a log of 600,000 objects', async () => {
    const log = Array.from({ length: 600_000 }, (_, step) => ({ step, loss: `${step}"\\` }));
    await saveCheckpoint(path, { log });
    expect(JSON.stringify(await loadCheckpoint(path)) === JSON.stringify({ log })).toBe(true);
  });

  it('read back every state that is not refused, whatever its size, and keep the previous file otherwise', async () => {
    await saveCheckpoint(path, { epoch: 1 });
    // JSON in the metadata of JSON: the quotes around the text and the file's own fields are what is added
    const extra =
      '{"__metadata__":{"format":"antinode-checkpoint-1","arithmetic":"","state":"{\\"text\\":\\"\\"}","crc32":"12345678"}}'
        .length;
    const longest = 100_000_000 - (extra % 8);
    const text = 'x'.repeat(longest - extra);
    await expect(saveCheckpoint(path, { text: `${text}${'x'.repeat(8)}` })).rejects.toThrow(
      /saveCheckpoint: expected .* of at most 100000000 bytes as JSON, got 100000008 bytes; save large data as tensors/,
    );
    expect(await loadCheckpoint(path)).toEqual({ epoch: 1 });
    expect(readdirSync(folder)).toEqual(['run.safetensors']);
    await saveCheckpoint(path, { text });
    expect(((await loadCheckpoint(path)) as { text: string }).text === text).toBe(true);
  });

  it('read back every depth that is not refused', async () => {
    const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < depth; i++) value = wrap(value);
      return value;
    };
    const wraps = [
      (x: unknown) => [x],
      (x: unknown) => ({ x }),
      (x: unknown) => ({ $x: x }),
      (x: unknown) => new Map([[x, x === 1 ? 1 : 2]]),
    ];
    for (const wrap of wraps) {
      await saveCheckpoint(path, { deep: nested(500, wrap) });
      expect(await loadCheckpoint(path)).toEqual({ deep: nested(500, wrap) });
      for (const depth of [501, 100_000]) {
        await expect(saveCheckpoint(path, { deep: nested(depth, wrap) })).rejects.toThrow(/at most 500 levels/);
      }
    }
  });

  it('survive kill -9 at any moment', async () => {
    const script = `
      import { saveCheckpoint } from './src/io/checkpoint.ts';
      import { tensorOf } from './test/helpers/tensors.ts';
      const x = tensorOf([300000], new Float32Array(300000).fill(1));
      for (let epoch = 1; ; epoch++) {
        await saveCheckpoint(${JSON.stringify(path)}, { x, epoch });
        if (epoch === 1) console.log('ready');
      }`;
    for (const wait of [0, 7, 23]) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await new Promise((done) => setTimeout(done, wait));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { x, epoch } = (await loadCheckpoint(path)) as { x: Tensor; epoch: number };
      expect(epoch).toBeGreaterThan(0);
      expect(x.size).toBe(300000);
      x.dispose();
      for (const name of readdirSync(folder).filter((n) => n.endsWith('.part'))) rmSync(join(folder, name));
    }
  });
});
