import { beforeEach, describe, expect, it } from 'vitest';
import type { GpuHandle } from '../../../src/backends/gpu/allocation.js';
import { GpuBackend } from '../../../src/backends/gpu/backend.js';
import type { Fault } from '../../../src/backends/gpu/device/faults.js';
import { startRuntime } from '../../../src/backends/gpu/device/runtime.js';
import { loadLibrary } from '../../../src/backends/gpu/device/start.js';
import { DeviceError, ValueError } from '../../../src/errors.js';
import { formula } from '../../../src/formula/formula.js';
import type { Operand } from '../../../src/tensor/backend.js';
import { operandOn } from '../../helpers/operands.js';

/** A backend whose tensors have at most 64 elements, and whose device reports `fault` at the next check. */
let backend: GpuBackend;
let fault: Fault | null;
beforeEach(async () => {
  const { GPU } = await loadLibrary();
  fault = null;
  const takeFault = () => {
    const noted = fault;
    fault = null;
    return noted;
  };
  backend = new GpuBackend('gpu:cpu', {
    ...(await startRuntime(new GPU({ mode: 'cpu' }), 'cpu')),
    maxBytes: 256,
    fault: takeFault,
  });
});

const plusOne = formula('y = x + 1', { tensors: ['x', 'y'] });

function added(x: Operand<GpuHandle>): Operand<GpuHandle> {
  const y = operandOn(backend, x.shape);
  backend.map(plusOne, { x, y }, {});
  return y;
}

const index = (...values: number[]) => operandOn(backend, [values.length], values, 'int32');

function selected(x: Operand<GpuHandle>, rows: Operand<GpuHandle>): Operand<GpuHandle> {
  const y = operandOn(backend, [rows.size, 2], [], x.dtype);
  backend.indexSelect(x, rows, y, 0);
  return y;
}

describe('a command that the device failed to execute', () => {
  it('loses what was written since the last read, including merged parts, and nothing else', async () => {
    const [x, older] = [operandOn(backend, [8], Array(8).fill(1)), operandOn(backend, [2], [3, 4])];
    await backend.read(older);
    backend.write(x, [7, 7], 2);
    await backend.read(older);
    // merges the part that was written
    const y = added(x);
    fault = new DeviceError('no such buffer');
    await expect(backend.read(y)).rejects.toThrow('no such buffer');
    await expect(backend.read(x)).rejects.toThrow('no such buffer');
    expect([...(await backend.read(older))]).toEqual([3, 4]);
    backend.write(x, Array(8).fill(5));
    expect([...(await backend.read(added(x)))]).toEqual(Array(8).fill(6));
  });

  it('causes indices to be checked again', async () => {
    const [x, rows] = [operandOn(backend, [2, 2], [1, 1, 2, 2], 'int32'), index(1, 2)];
    await backend.read(x);
    await backend.read(rows);
    const first = selected(x, rows);
    fault = new DeviceError('no such buffer');
    await expect(backend.read(first)).rejects.toThrow('no such buffer');
    await expect(backend.read(selected(x, rows))).rejects.toThrow('indexSelect: expected indices in [0, 2), got 2');
  });
});

describe('an index outside its axis', () => {
  it('rejects even a read that fails for another reason, which the next read reports', async () => {
    const [x, large] = [operandOn(backend, [2, 2], [1, 1, 2, 2]), operandOn(backend, [65], [1])];
    selected(x, index(1, 5));
    await expect(backend.read(large)).rejects.toThrow(ValueError);
    await expect(backend.read(large)).rejects.toThrow('expected tensors of at most 256 bytes on this device, got 260');
  });

  it('cannot be reported if the indices and what was computed with them failed too', async () => {
    const [x, other] = [operandOn(backend, [2, 2], [1, 1, 2, 2]), operandOn(backend, [2], [3, 4])];
    const failed = operandOn(backend, [65], Array(65).fill(9), 'int32');
    const rows = { ...failed, shape: [2], size: 2 };
    const y = selected(x, rows);
    expect([...(await backend.read(other))]).toEqual([3, 4]);
    await expect(backend.read(y)).rejects.toThrow('expected tensors of at most 256 bytes on this device, got 260');
  });

  it('is not hidden by other indices that failed', async () => {
    const [x, other] = [operandOn(backend, [2, 2], [1, 1, 2, 2]), operandOn(backend, [2], [3, 4])];
    const failed = operandOn(backend, [65], Array(65).fill(9), 'int32');
    selected(x, { ...failed, shape: [2], size: 2 });
    selected(x, index(0, 9));
    await expect(backend.read(other)).rejects.toThrow(DeviceError);
  });
});
