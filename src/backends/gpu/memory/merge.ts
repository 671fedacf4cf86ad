import { type Allocation, newAllocation, type View, wholeOperand } from '../allocation.js';
import type { GpuBuffer, GpuDevice, GpuTexture } from '../device/gpu-js.js';
import { bytesPerElement } from '../device/limits.js';
import type { Kernels } from '../kernels.js';
import { KernelSource } from '../source/kernel-source.js';

/** Moves the patches of an allocation into its value. Rejects with the same errors as `Kernels.run`. */
export async function mergePatches(allocation: Allocation, kernels: Kernels): Promise<void> {
  const { patches, size } = allocation;
  if (patches.length === 0) return;
  const { onDevice, device, maxInputs } = kernels.runtime;
  const whole = { start: 0, size };
  if (device) {
    allocation.value ??= await kernels.run(zeroSource(), whole, [], { ...whole, value: null });
    copyInto(allocation.value as GpuTexture, patches, device);
  } else if (onDevice) {
    for (let at = 0; at < patches.length; at += maxInputs - 1) {
      const some = patches.slice(at, at + maxInputs - 1);
      const value = await kernels.run(mergeSource(some), whole, some, { ...whole, value: allocation.value });
      kernels.free(allocation.value);
      allocation.value = value;
    }
  } else {
    const values = (allocation.value ?? new Float32Array(size)) as Float32Array;
    for (const { value, start } of patches) values.set(value as Float32Array, start);
    allocation.value = values;
  }
  if (!onDevice || device) kernels.countMoved(2 * patches.reduce((sum, patch) => sum + patch.size, 0));
  for (const { value } of patches.splice(0)) kernels.free(value);
}

/** Copies patches into a buffer: those of WebGPU can be written in part, unlike textures of WebGL. */
function copyInto(to: GpuTexture, patches: readonly View[], device: GpuDevice): void {
  const encoder = device.createCommandEncoder();
  for (const { value, start, size } of patches) {
    const { buffer } = value as GpuTexture;
    const [offset, bytes] = [bytesPerElement * start, bytesPerElement * size];
    encoder.copyBufferToBuffer(buffer as GpuBuffer, 0, to.buffer as GpuBuffer, offset, bytes);
  }
  device.queue.submit([encoder.finish()]);
}

/** A kernel that returns zeros. */
function zeroSource(): KernelSource {
  const k = new KernelSource();
  k.return('0');
  return k;
}

/** A kernel that returns the elements that patches contain, and the previous value elsewhere. */
function mergeSource(patches: readonly View[]): KernelSource {
  const k = new KernelSource();
  for (const { start, size } of patches) {
    const e = k.define('e', `this.thread.x - ${k.scalar(start, true)}`);
    const element = k.element(wholeOperand(newAllocation('float32', size)), e);
    k.when(`${e} >= 0 && ${e} < ${size}`, () => k.return(element));
  }
  k.return(k.previous());
  return k;
}
