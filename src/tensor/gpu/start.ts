import { DeviceError } from '../errors.js';
import { GpuBackend } from './backend.js';
import { Kernels } from './kernels.js';
import type { GpuLibrary, GpuMode } from './library.js';

/** The GPU.js backend in one mode, under the name of a device. Throws DeviceError where something is missing. */
export async function startGpu(name: string, mode: GpuMode): Promise<GpuBackend> {
  const { GPU } = await loadLibrary();
  if (mode === 'webgpu') await expectWebGPU();
  if (mode === 'webgl2' && !GPU.isWebGL2Supported) throw missing('WebGL 2', 'a browser that has it');
  return new GpuBackend(name, new Kernels(new GPU({ mode }), mode), descriptions[mode]);
}

/** The device `gpu`: WebGPU, else WebGL 2. Throws DeviceError saying why neither runs. */
export async function startBestGpu(name: string): Promise<GpuBackend> {
  try {
    return await startGpu(name, 'webgpu');
  } catch (webgpu) {
    try {
      return await startGpu(name, 'webgl2');
    } catch (webgl2) {
      const reasons = [webgpu, webgl2].map((error) => (error as Error).message.replace(/^gpu: /, ''));
      throw new DeviceError(`gpu: ${[...new Set(reasons)].join('; ')}`);
    }
  }
}

const descriptions: Readonly<Record<GpuMode, string>> = {
  webgpu: 'GPU.js on WebGPU',
  webgl2: 'GPU.js on WebGL 2',
  webasm: 'GPU.js on WebAssembly, for tests',
  cpu: 'GPU.js on JavaScript, for tests',
};

async function loadLibrary(): Promise<GpuLibrary> {
  try {
    const module = (await import('gpu.js')) as unknown as { readonly default?: GpuLibrary } & GpuLibrary;
    return module.GPU ? module : (module.default as GpuLibrary);
  } catch (error) {
    throw missing('the package gpu.js (npm i gpu.js)', (error as Error).message.split('\n')[0]);
  }
}

/** What this backend uses of WebGPU by itself. */
interface WebGPU {
  requestAdapter(): Promise<object | null>;
}

/** Throws DeviceError unless there is an adapter. Node has none of its own: the package webgpu provides it. */
async function expectWebGPU(): Promise<void> {
  const gpu = (globalThis.navigator as { readonly gpu?: WebGPU } | undefined)?.gpu;
  if (!gpu) throw missing('WebGPU (a browser that has it; in Node, the package webgpu as navigator.gpu)', 'none');
  if (!(await gpu.requestAdapter())) throw missing('an adapter for WebGPU (a GPU with a driver)', 'none');
}

function missing(what: string, got: string): DeviceError {
  return new DeviceError(`gpu: expected ${what}, got ${got}`);
}
