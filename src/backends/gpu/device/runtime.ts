import { DeviceError } from '../../../errors.js';
import { DeviceLoss } from './device-loss.js';
import { collectFaults, type ErrorFlags, type Fault, faultOf } from './faults.js';
import type { GpuAdapter, GpuContext, GpuDevice, GpuInstance, GpuMode } from './gpu-js.js';

/** An instance of GPU.js, with the properties of the device that it computes on. */
export interface GpuRuntime {
  readonly gpu: GpuInstance;
  /** Whether values are textures or buffers on a device; otherwise they are arrays of the host. */
  readonly onDevice: boolean;
  /** Whether the device loads vectors of four elements, as from textures of WebGL. */
  readonly vectors: boolean;
  /** The device of WebGPU. */
  readonly device: GpuDevice | null;
  /** The adapter and device that kernels of WebGPU share. */
  readonly context: GpuContext | null;
  /** The name of the device, for people. */
  readonly description: string;
  /** Limits of the device, for people. */
  readonly limits: Readonly<Record<string, number>>;
  /** The most tensors that a kernel can read. */
  readonly maxInputs: number;
  /** The most bytes of one tensor. */
  readonly maxBytes: number;
  /** The most kernels that are kept compiled. */
  readonly maxKernels: number;
  readonly loss: DeviceLoss;
  /** Returns the first error that the device has recorded since the last call, null if there is none. */
  fault(): Promise<Fault | null> | Fault | null;
}

/**
 * Lets kernels call `xor(a, b)` for integers below 2^16. For WebGL, GPU.js compiles `^` to a loop over bits, though
 * WebGL 2 has the operator.
 */
function addXor(gpu: GpuInstance, mode: GpuMode): void {
  const types = { argumentTypes: { a: 'Number', b: 'Number' }, returnType: 'Number' };
  if (mode === 'webgl2') {
    gpu.addNativeFunction('xor', 'float xor(float a, float b) { return float(int(a) ^ int(b)); }', types);
  } else {
    gpu.addFunction('function xor(a, b) { return a ^ b; }', types);
  }
}

/** A large network trains with a few hundred kernels, but inputs of changing sizes would add kernels without limit. */
const maxKernels = 2048;

/** Starts an instance of GPU.js: runs a kernel to test the device, and reads the properties of the device. */
export async function startRuntime(gpu: GpuInstance, mode: GpuMode): Promise<GpuRuntime> {
  addXor(gpu, mode);
  const probe = gpu.createKernel('function() { return 1; }', {
    output: [1],
    argumentTypes: [],
    precision: 'single',
    tactic: 'precision',
    pipeline: false,
    immutable: false,
    asyncMode: true,
  });
  const [one] = (await probe()) as Float32Array;
  if (one !== 1) throw new DeviceError(`gpu: expected a device that computes 1, got ${one} from ${mode}`);
  const context = probe.context ?? {};
  switch (mode) {
    case 'webgpu':
      return { gpu, maxKernels, ...webGpuProperties(context) };
    case 'webgl2':
      return { gpu, maxKernels, ...webGlProperties(context as WebGL, probe.canvas) };
    default: {
      const description = `GPU.js on ${mode === 'cpu' ? 'JavaScript' : 'WebAssembly'}, for tests`;
      const none = { onDevice: false, vectors: false, device: null, context: null, limits: {} };
      const unlimited = { maxInputs: Infinity, maxBytes: Infinity, loss: new DeviceLoss(), fault: () => null };
      return { gpu, maxKernels, description, ...none, ...unlimited };
    }
  }
}

type DeviceProperties = Omit<GpuRuntime, 'gpu' | 'maxKernels'>;

function webGpuProperties(context: GpuContext): DeviceProperties {
  const { adapter, device } = context;
  const { limits, lost } = device as GpuDevice;
  const { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize } = limits;
  const loss = new DeviceLoss();
  lost.then(({ message }) => loss.report(message));
  return {
    onDevice: true,
    vectors: false,
    device: device as GpuDevice,
    context,
    description: `GPU.js on WebGPU: ${nameOf(adapter)}`,
    limits: { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize },
    // the result takes one buffer
    maxInputs: maxStorageBuffersPerShaderStage - 1,
    maxBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    loss,
    fault: collectFaults(device as GpuDevice),
  };
}

function nameOf(adapter: GpuAdapter | undefined): string {
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ');
  return name || 'an adapter without a name';
}

/** The part of a context of WebGL 2 that this backend uses itself. */
interface WebGL extends GpuContext, ErrorFlags {
  readonly MAX_TEXTURE_SIZE: number;
  readonly MAX_TEXTURE_IMAGE_UNITS: number;
  readonly RENDERER: number;
  isContextLost(): boolean;
  getParameter(name: number): number;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

function webGlProperties(gl: WebGL, canvas: EventTarget | null | undefined): DeviceProperties {
  const cause = 'the context of WebGL';
  const loss = new DeviceLoss(() => (gl.isContextLost() ? cause : null));
  canvas?.addEventListener('webglcontextlost', () => loss.report(cause));
  const maxTextureSize = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  const maxTextureImageUnits = gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS);
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  return {
    onDevice: true,
    vectors: true,
    device: null,
    context: null,
    description: `GPU.js on WebGL 2: ${gl.getParameter(unmasked ?? gl.RENDERER)}`,
    limits: { maxTextureSize, maxTextureImageUnits },
    // GPU.js creates textures at unit 15, and the result takes the unit after the inputs
    maxInputs: Math.min(maxTextureImageUnits, 15) - 1,
    maxBytes: 4 * maxTextureSize ** 2,
    loss,
    fault: () => faultOf(gl),
  };
}
