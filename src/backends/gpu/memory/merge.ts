import { type Cell, cellOf, operandIn, type View } from '../cell.js';
import type { GpuBuffer, GpuDevice, GpuTexture } from '../device/library.js';
import { KernelSource } from '../jobs/source.js';
import type { Kernels } from '../kernels.js';

/** Moves the patches of a cell into its value. Rejects as kernels do. */
export async function merge(cell: Cell, kernels: Kernels): Promise<void> {
  const { patches, size } = cell;
  if (patches.length === 0) return;
  const { remote, device, mostInputs } = kernels.host;
  if (device) {
    cell.value ??= await kernels.run(zeros(), size, [], { value: null, start: 0, size }, 0);
    copy(device, patches, cell.value as GpuTexture);
  } else if (remote) {
    for (let at = 0; at < patches.length; at += mostInputs - 1) {
      const some = patches.slice(at, at + mostInputs - 1);
      const value = await kernels.run(mergeOf(some), size, some, { value: cell.value, start: 0, size }, 0);
      kernels.free(cell.value);
      cell.value = value;
    }
  } else {
    const whole = (cell.value ?? new Float32Array(size)) as Float32Array;
    for (const { value, start } of patches) whole.set(value as Float32Array, start);
    cell.value = whole;
  }
  if (!remote || device) kernels.count(2 * patches.reduce((sum, patch) => sum + patch.size, 0));
  for (const { value } of patches.splice(0)) kernels.free(value);
}

/** Buffers of WebGPU can be written in part. */
function copy(device: GpuDevice, from: readonly View[], to: GpuTexture): void {
  const bytes = Float32Array.BYTES_PER_ELEMENT;
  const encoder = device.createCommandEncoder();
  for (const { value, start, size } of from) {
    const { buffer } = value as GpuTexture;
    encoder.copyBufferToBuffer(buffer as GpuBuffer, 0, to.buffer as GpuBuffer, bytes * start, bytes * size);
  }
  device.queue.submit([encoder.finish()]);
}

function zeros(): KernelSource {
  const k = new KernelSource();
  k.line('return 0;');
  return k;
}

/** A kernel that gives a whole cell: of its patches the elements that they have, of its value the others. */
function mergeOf(patches: readonly View[]): KernelSource {
  const k = new KernelSource();
  for (const { start, size } of patches) {
    const e = k.name('e');
    k.line(`const ${e} = this.thread.x - ${k.number(start, true)};`);
    const element = k.element(operandIn(cellOf('float32', size)), e);
    k.line(`if (${e} >= 0 && ${e} < ${size}) { return ${element}; }`);
  }
  k.line(`return ${k.kept()};`);
  return k;
}
