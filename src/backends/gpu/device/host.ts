import { DeviceError } from '../../../errors.js';
import { Loss } from './device-loss.js';
import { collectFaults, type ErrorFlags, type Fault, faultOf } from './faults.js';
import type { GpuAdapter, GpuContext, GpuDevice, GpuInstance, GpuMode } from './library.js';

/** An instance of GPU.js, and what is known of the device behind it. */
export interface GpuHost {
  readonly gpu: GpuInstance;
  /** Whether values live in textures or buffers of a device. */
  readonly remote: boolean;
  /** Whether the device loads four elements at once, as textures of WebGL do. */
  readonly vectors: boolean;
  /** WebGPU's device. */
  readonly device: GpuDevice | null;
  /** What kernels on it share. */
  readonly context: GpuContext | null;
  /** What computes, for people. */
  readonly description: string;
  /** Limits of the device, for people. */
  readonly limits: Readonly<Record<string, number>>;
  /** The most tensors that a kernel can read. */
  readonly mostInputs: number;
  /** The most bytes of one tensor. */
  readonly mostBytes: number;
  /** The most kernels that are kept compiled. */
  readonly mostKernels: number;
  readonly lost: Loss;
  /** What commands did not do, though no call failed: the first such since this was called last. */
  fault(): Promise<Fault | null> | Fault | null;
}

/**
 * Lets kernels call `xor(a, b)` of integers below 2^16. What GPU.js makes of `^` for WebGL is a loop over bits, though
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

/** A large network trains with a few hundred; inputs of ever new sizes would add more and more. */
const mostKernels = 2048;

/** Runs a kernel to see that the device works, and asks what it is. */
export async function hostOf(gpu: GpuInstance, mode: GpuMode): Promise<GpuHost> {
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
      return { gpu, mostKernels, ...webGpu(context) };
    case 'webgl2':
      return { gpu, mostKernels, ...webGl(context as WebGL, probe.canvas) };
    default: {
      const description = `GPU.js on ${mode === 'cpu' ? 'JavaScript' : 'WebAssembly'}, for tests`;
      const none = { remote: false, vectors: false, device: null, context: null, limits: {} };
      const unlimited = { mostInputs: Infinity, mostBytes: Infinity, lost: new Loss(), fault: () => null };
      return { gpu, mostKernels, description, ...none, ...unlimited };
    }
  }
}

type Found = Omit<GpuHost, 'gpu' | 'mostKernels'>;

function webGpu(context: GpuContext): Found {
  const { adapter, device } = context;
  const { limits, lost: news } = device as GpuDevice;
  const { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize } = limits;
  const lost = new Loss();
  news.then(({ message }) => lost.happen(message));
  return {
    remote: true,
    vectors: false,
    device: device as GpuDevice,
    context,
    description: `GPU.js on WebGPU: ${nameOf(adapter)}`,
    limits: { maxStorageBuffersPerShaderStage, maxStorageBufferBindingSize, maxBufferSize },
    // one is for the result
    mostInputs: maxStorageBuffersPerShaderStage - 1,
    mostBytes: Math.min(maxStorageBufferBindingSize, maxBufferSize),
    lost,
    fault: collectFaults(device as GpuDevice),
  };
}

function nameOf(adapter: GpuAdapter | undefined): string {
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ');
  return name || 'an adapter without a name';
}

/** What this backend asks a context of WebGL 2 by itself. */
interface WebGL extends GpuContext, ErrorFlags {
  readonly MAX_TEXTURE_SIZE: number;
  readonly MAX_TEXTURE_IMAGE_UNITS: number;
  readonly RENDERER: number;
  isContextLost(): boolean;
  getParameter(name: number): number;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

function webGl(gl: WebGL, canvas: EventTarget | null | undefined): Found {
  const why = 'the context of WebGL';
  const lost = new Loss(() => (gl.isContextLost() ? why : null));
  canvas?.addEventListener('webglcontextlost', () => lost.happen(why));
  const maxTextureSize = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  const maxTextureImageUnits = gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS);
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL;
  return {
    remote: true,
    vectors: true,
    device: null,
    context: null,
    description: `GPU.js on WebGL 2: ${gl.getParameter(unmasked ?? gl.RENDERER)}`,
    limits: { maxTextureSize, maxTextureImageUnits },
    // GPU.js makes textures at unit 15, and the result takes the one behind the inputs
    mostInputs: Math.min(maxTextureImageUnits, 15) - 1,
    mostBytes: 4 * maxTextureSize ** 2,
    lost,
    fault: () => faultOf(gl),
  };
}
