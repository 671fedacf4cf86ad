import { DeviceError } from '../../../errors.js';
import { isNode } from '../../../platform.js';
import { GpuBackend } from '../backend.js';
import { hostOf } from './host.js';
import type { GpuLibrary, GpuMode } from './library.js';
import { missing, missingPackage } from './missing.js';
import { importGpuJs } from './package.js';
import { expectWebGPU } from './webgpu.js';

/** The GPU.js backend in one mode, under the name of a device. Rejects with DeviceError where something is missing. */
export async function startGpu(name: string, mode: GpuMode, fallback?: string): Promise<GpuBackend> {
  const { GPU } = await loadLibrary();
  if (mode === 'webgpu') await expectWebGPU();
  if (mode === 'webgl2' && !GPU.isWebGL2Supported) throw missing('WebGL 2 (a browser that has it)', 'none');
  try {
    return new GpuBackend(name, await hostOf(new GPU({ mode }), mode), fallback);
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw missing(`${mode} to start`, (error as Error).message, error);
  }
}

/** The device `gpu`: WebGPU, else WebGL 2. Rejects with DeviceError saying why neither runs. */
export async function startBestGpu(name: string): Promise<GpuBackend> {
  let reason: string;
  try {
    return await startGpu(name, 'webgpu');
  } catch (error) {
    // there is nothing else that could run
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

/** The module gpu.js. Rejects with DeviceError where it is not installed, or does not load. */
export async function loadLibrary(): Promise<GpuLibrary> {
  try {
    const module = (await importGpuJs()) as { readonly default?: GpuLibrary } & GpuLibrary;
    return module.GPU ? module : (module.default as GpuLibrary);
  } catch (error) {
    throw missingPackage('gpu.js', error);
  }
}
