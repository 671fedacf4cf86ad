/** What a kernel gives and takes: values on the host, or a texture or buffer on the device. */
export type GpuValue = Float32Array | GpuTexture;

/** Memory on the device, as GPU.js hands it out. */
export interface GpuTexture {
  readonly type: string;
  toArray(): Float32Array | Promise<Float32Array>;
  delete(): void;
}

/** A compiled kernel; with `asyncMode`, which every mode shares in the next major version, it gives a promise. */
export interface GpuKernel {
  (...args: readonly (GpuValue | number)[]): GpuValue | Promise<GpuValue>;
  destroy(removeCanvasReferences?: boolean): void;
}

/** The settings of a kernel that this backend uses. */
export interface GpuKernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes: readonly string[];
  readonly precision: 'single';
  readonly pipeline: boolean;
  readonly immutable: boolean;
  readonly asyncMode: boolean;
  readonly optimizeFloatMemory?: boolean;
}

/** An instance of GPU.js. */
export interface GpuInstance {
  createKernel(source: string, settings: GpuKernelSettings): GpuKernel;
  destroy(): Promise<void> | void;
}

/** How GPU.js computes: on a GPU through WebGPU or WebGL 2, or on the CPU for tests. */
export type GpuMode = 'webgpu' | 'webgl2' | 'webasm' | 'cpu';

/** The part of the module gpu.js that this backend uses. */
export interface GpuLibrary {
  readonly GPU: {
    new (settings: { readonly mode: GpuMode }): GpuInstance;
    readonly isWebGL2Supported: boolean;
  };
}
