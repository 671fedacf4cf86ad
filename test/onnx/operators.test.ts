import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as a from '../../src/index.js';
import { operators } from '../../src/onnx/import/operators/index.js';
import { importOnnx } from '../../src/onnx/index.js';
import { close } from '../helpers/close.js';
import { root } from '../helpers/sources.js';
import { fileOf } from './files.js';
import { operatorCases } from './operator-cases.js';

/** What onnxruntime computed, by the name of the case. */
const golden: Record<string, { dims: number[]; data: number[] }[]> = JSON.parse(
  readFileSync(join(root, 'test/onnxruntime/operators.json'), 'utf8'),
);

const dtypes = { float32: 'float32', int32: 'int32', int64: 'int32', uint8: 'uint8', bool: 'bool' } as const;

describe.each(['reference', 'cpu'])('an imported operator on %s', (device) => {
  it.each(operatorCases)('computes what onnxruntime does: $name', async ({ name, graph, inputs }) => {
    const model = (await importOnnx(fileOf(graph), { device })).eval();
    const given = model.inputNames.map((input) => {
      const { type, shape, values } = inputs[input];
      return a.tensor(Float64Array.from(values), { shape, dtype: dtypes[type], device });
    });
    const outputs = model.forwardAll(...given);
    expect(outputs.map(({ shape }) => shape)).toEqual(golden[name].map(({ dims }) => dims));
    outputs.forEach((y, i) => {
      expect(y.device).toBe(device);
      close(y.dataSync(), golden[name][i].data, 1e-5, 1e-5, { what: `output ${i}`, shape: y.shape });
    });
  });
});

describe('the cases', () => {
  it('include every operator', () => {
    const used = new Set(operatorCases.flatMap(({ graph }) => graph.nodes.map(({ opType }) => opType)));
    expect(Object.keys(operators).filter((name) => !used.has(name))).toEqual([]);
    expect(used).toContain('Constant');
  });

  it('are of the operators that the documentation lists', () => {
    const page = readFileSync(join(root, 'docs/onnx.md'), 'utf8');
    const table = page.slice(page.indexOf('| group | operators |'), page.indexOf('Operators of other domains'));
    const listed = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...Object.keys(operators), 'Constant'].sort());
  });

  it('have different names', () => {
    expect(new Set(operatorCases.map(({ name }) => name)).size).toBe(operatorCases.length);
    expect(Object.keys(golden)).toEqual(operatorCases.map(({ name }) => name));
  });
});
