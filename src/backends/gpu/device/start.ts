import { DeviceError } from '../../../errors.js';
import { isNode } from '../../../platform.js';
import { GpuBackend } from '../backend.js';
import type { GpuLibrary, GpuMode } from './gpu-js.js';
import { missing, missingPackage } from './missing.js';
import { importGpuJs } from './package.js';
import { startRuntime } from './runtime.js';
import { expectWebGPU } from './webgpu.js';

/**
 * Starts GPU.js in one mode as the backend of the device `name`.
 *
 * @param fallback why the preferred mode does not run
 * @throws DeviceError when a package, a browser feature or a driver is missing
 */
export async function startGpu(name: string, mode: GpuMode, fallback?: string): Promise<GpuBackend> {
  const { GPU } = await loadLibrary();
  if (mode === 'webgpu') await expectWebGPU();
  if (mode === 'webgl2' && !GPU.isWebGL2Supported) throw missing('WebGL 2 (a browser that has it)', 'none');
  try {
    return new GpuBackend(name, await startRuntime(new GPU({ mode }), mode), fallback);
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw missing(`${mode} to start`, (error as Error).message, error);
  }
}

/**
 * Starts WebGPU, or WebGL 2 if that does not run, as the backend of the device `name`.
 *
 * @throws DeviceError when neither runs; the message has both reasons
 */
export async function startBestGpu(name: string): Promise<GpuBackend> {
  let reason: string;
  try {
    return await startGpu(name, 'webgpu');
  } catch (error) {
    // Node has no WebGL 2
    if (isNode) throw error;
    reason = textOf(error);
  }
  try {
    return await startGpu(name, 'webgl2', `no WebGPU: ${reason}`);
  } catch (error) {
    throw new DeviceError(`gpu: ${[...new Set([reason, textOf(error)])].join('; ')}`, { cause: error });
  }
}

function textOf(error: unknown): string {
  return (error as Error).message.replace(/^gpu: /, '');
}

/**
 * Loads the package gpu.js.
 *
 * @throws DeviceError when it is not installed or does not load
 */
export async function loadLibrary(): Promise<GpuLibrary> {
  try {
    const module = (await importGpuJs()) as { readonly default?: GpuLibrary } & GpuLibrary;
    return module.GPU ? module : (module.default as GpuLibrary);
  } catch (error) {
    throw missingPackage('gpu.js', error);
  }
}
