import { device } from 'antinode';
import type { DeviceChoice } from '../protocol.js';

/** The devices, each with the reason why it cannot run here, or null if it can. */
export async function findDevices(): Promise<DeviceChoice[]> {
  return [
    { name: 'cpu', label: 'CPU (WebAssembly)', problem: cpuProblem() },
    { name: 'gpu:webgpu', label: 'GPU (WebGPU)', problem: await webGPUProblem() },
    { name: 'gpu:webgl2', label: 'GPU (WebGL 2)', problem: webGL2Problem() },
  ];
}

function cpuProblem(): string | null {
  try {
    device.info('cpu');
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function webGPUProblem(): Promise<string | null> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!gpu) return isSecureContext ? 'this browser does not offer it' : 'it requires https or localhost';
  try {
    return (await gpu.requestAdapter()) ? null : 'the browser offers it but finds no usable GPU';
  } catch (error) {
    return (error as Error).message;
  }
}

function webGL2Problem(): string | null {
  if (typeof OffscreenCanvas === 'undefined') return 'this browser does not offer it to workers (OffscreenCanvas)';
  const context = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!context) return 'this browser does not offer it or finds no usable GPU';
  return context.getExtension('EXT_color_buffer_float') ? null : 'the GPU cannot render to 32-bit floats';
}
