import { isNode } from '../../../platform.js';
import { missing, missingPackage } from './missing.js';

/** What this backend uses of WebGPU by itself. */
interface WebGPU {
  requestAdapter(): Promise<object | null>;
}

function webGpuOfHost(): WebGPU | undefined {
  return (globalThis.navigator as { readonly gpu?: WebGPU } | undefined)?.gpu;
}

/** Rejects with DeviceError unless there is an adapter. */
export async function expectWebGPU(): Promise<void> {
  if (isNode && !webGpuOfHost()) await provideWebGPU();
  const gpu = webGpuOfHost();
  if (!gpu) throw missing('WebGPU (a browser that has it)', 'none');
  if (await gpu.requestAdapter()) return;
  const packages = isNode ? '; on Debian: apt install libvulkan1 mesa-vulkan-drivers' : '';
  throw missing(`an adapter for WebGPU (a GPU and its driver${packages})`, 'none');
}

/** Node has no WebGPU of its own; the optional package webgpu makes it, and GPU.js looks for it in `navigator`. */
async function provideWebGPU(): Promise<void> {
  // not spelled out, so that bundlers for browsers leave it alone
  const name = 'webgpu';
  try {
    const { create } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as {
      create(options: readonly string[]): WebGPU;
    };
    const gpu = { value: create([]), configurable: true };
    if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', gpu);
    else Object.defineProperty(globalThis, 'navigator', { value: { gpu: gpu.value }, configurable: true });
  } catch (error) {
    throw missingPackage('webgpu', error);
  }
}
