import { expect, it } from 'vitest';
import { encodeNpz, encodeTorch, loadTorch, loadWeights } from '../../src/entries/io.js';
import '../../src/entries/zip.js';
import { tensor } from '../../src/index.js';

it('a page reads and writes checkpoints of PyTorch and arrays of NumPy', async () => {
  const x = tensor([
    [1, -2.5],
    [0.25, 1e9],
  ]);
  const files = [
    await encodeTorch({ x }),
    await encodeTorch({ x }, { dtype: 'float64' }),
    await encodeNpz({ x }),
    await encodeNpz({ x }, { compress: true }),
  ];
  for (const bytes of files) {
    const read = (await loadWeights(bytes)).get('x');
    expect(read?.shape).toEqual([2, 2]);
    expect(read?.dataSync()).toEqual(x.dataSync());
  }
  expect(await loadTorch(await encodeTorch({ epoch: 3, list: ['a', null] }))).toEqual(
    new Map<string, unknown>([
      ['epoch', 3],
      ['list', ['a', null]],
    ]),
  );
  // a wrong byte in the data of the first entry
  files[0][100] ^= 1;
  await expect(loadWeights(files[0])).rejects.toThrow(/expected CRC-32/);
});
