import '../helpers/reference.js';
import { describe, expect, it } from 'vitest';
import * as optim from '../../src/optim/index.js';
import golden from '../golden/optim.json' with { type: 'json' };
import { close } from '../helpers/close.js';
import { filled } from '../helpers/fill.js';
import { devices, give, parameter, valuesOf } from './helpers.js';

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

it('has a case for each optimizer', () => {
  const names: readonly string[] = optim.names;
  expect(new Set(golden.cases.map(({ optimizer }) => optimizer))).toEqual(new Set(names));
});

describe.each(devices)('on %s', (device) => {
  for (const { optimizer: name, options, key, shapes, paramsAfterStep } of golden.cases) {
    it(`${name} ${JSON.stringify(options)} follows PyTorch and the authors' code`, () => {
      const params = shapes.map((shape, j) => parameter(filled(size(shape), `${key}/p${j}`, -1, 1), { shape, device }));
      const optimizer = optim.create(name, params, options);
      const expected: Record<string, number[][]> = paramsAfterStep;
      for (let t = 1; t <= 24; t++) {
        params.forEach((p, j) => {
          const g = j === 0 && t === 5 ? new Float32Array(p.size) : filled(p.size, `${key}/g${j}/${t}`, -1, 1);
          give(p, g);
        });
        optimizer.step();
        expected[t]?.forEach((values, j) => {
          // float32 values near 0 have the rounding errors of values near 1
          close(valuesOf(params[j]), values, 1e-5, 3e-7, { what: `parameter ${j} after step ${t}` });
        });
      }
    });
  }
});
