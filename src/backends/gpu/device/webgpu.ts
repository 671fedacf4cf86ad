import { isNode } from '../../../platform.js';
import { missing, missingPackage, type PackageName, replacedPackage } from './missing.js';

/** The part of WebGPU that this backend uses itself; GPU.js uses the rest. */
interface WebGPU {
  requestAdapter(): Promise<object | null>;
}

/** The part of the package webgpu that this backend uses. */
interface WebGPUPackage {
  /** Creates WebGPU with options of Dawn, its implementation. */
  create?(options: readonly string[]): WebGPU;
}

function currentWebGPU(): WebGPU | undefined {
  return (globalThis.navigator as { readonly gpu?: WebGPU } | undefined)?.gpu;
}

/** Rejects with DeviceError unless there is an adapter for WebGPU. In Node, it loads WebGPU from the package webgpu. */
export async function expectWebGPU(): Promise<void> {
  if (isNode && !currentWebGPU()) provideWebGPU(await loadWebGPU());
  const gpu = currentWebGPU();
  if (!gpu) throw missing('WebGPU (a browser that has it)', 'none');
  if (await gpu.requestAdapter()) return;
  const packages = isNode ? '; on Debian: apt install libvulkan1 mesa-vulkan-drivers' : '';
  throw missing(`an adapter for WebGPU (a GPU and its driver${packages})`, 'none');
}

/** Loads WebGPU from the package webgpu. Rejects with DeviceError if it is not installed or does not load. */
async function loadWebGPU(): Promise<WebGPU> {
  // a variable, so that bundlers for browsers do not look for the package
  const name: PackageName = 'webgpu';
  let create: WebGPUPackage['create'];
  try {
    ({ create } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as WebGPUPackage);
    if (create) return create([]);
  } catch (error) {
    throw missingPackage(name, error);
  }
  // for example, overrides may leave out the copy that gpu.js depends on
  throw replacedPackage(name, 'create');
}

/** Puts WebGPU where browsers have it, so that GPU.js finds it. */
function provideWebGPU(gpu: WebGPU): void {
  if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
}
