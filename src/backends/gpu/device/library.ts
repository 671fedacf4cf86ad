/** What a kernel gives and takes: values on the host, or a texture or buffer on the device. */
export type GpuValue = Float32Array | GpuTexture;

/** Memory on the device, as kernels take it. */
export interface GpuTexture {
  type: string;
  /** The memory itself, on WebGPU. */
  readonly buffer?: GpuBuffer;
  /** Lengths of the axes. */
  output: ArrayLike<number>;
  dimensions?: ArrayLike<number>;
  /** Numbers per element, on WebGPU. */
  readonly componentCount?: number;
  /** What kernels share that may take it. */
  readonly context?: GpuContext | null;
  /** The memory itself, on WebGL. */
  readonly texture?: object;
  /** Frees a texture of WebGL, through the kernel that made it. */
  delete?(): void;
}

/** A buffer of WebGPU; GPU.js counts in `_refs` who uses it, and destroys it after the last. */
export interface GpuBuffer {
  readonly size: number;
  _refs?: number;
  destroy(): void;
}

/** A buffer of WebGPU that the host can read. */
export interface GpuStagingBuffer extends GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
}

/** The part of WebGPU's adapter that is told to people. */
export interface GpuAdapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
}

/** Kinds of errors that a scope of WebGPU catches. */
export type GpuErrorFilter = 'out-of-memory' | 'validation' | 'internal';

/** Where WebGPU notes errors: in the innermost scope of their kind. */
export interface GpuErrorScopes {
  pushErrorScope(filter: GpuErrorFilter): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

/** What makes buffers on WebGPU. */
export interface GpuAllocator extends GpuErrorScopes {
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): GpuBuffer;
}

/** The part of WebGPU's device that this backend uses by itself. */
export interface GpuDevice extends GpuAllocator {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  createCommandEncoder(): GpuCommandEncoder;
  readonly queue: {
    submit(commands: readonly object[]): void;
    writeBuffer(buffer: GpuBuffer, offset: number, values: Float32Array): void;
  };
}

/** The part of WebGPU's command encoder that this backend uses by itself. */
export interface GpuCommandEncoder {
  /** Offsets and size in bytes. */
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}

/** What kernels of one instance share: WebGPU's adapter and device, or a context of WebGL. */
export interface GpuContext {
  readonly adapter?: GpuAdapter;
  readonly device?: GpuDevice;
  deleteTexture?(texture: object | undefined): void;
}

/** A compiled kernel; with `asyncMode`, which every mode shares in the next major version, it gives a promise. */
export interface GpuKernel {
  (...args: readonly (GpuValue | number)[]): GpuResult | Promise<GpuResult>;
  readonly context: GpuContext | null;
  /** The canvas behind a context of WebGL. */
  readonly canvas?: EventTarget | null;
  /** Where the next run writes, on WebGPU. */
  outputBuffer?: GpuBuffer | null;
  /** Whether the next run must look at its buffers again, on WebGPU. */
  bindGroupDirty?: boolean;
  destroy(removeCanvasReferences?: boolean): void;
}

/** What a kernel gives: without a device, kernels with several results per thread give them thread by thread. */
export type GpuResult = GpuValue | readonly Float32Array[];

/** The settings of a kernel that this backend uses. */
export interface GpuKernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes: readonly string[];
  readonly precision: 'single';
  /** Floats of 32 bits everywhere: GPU.js takes what a device calls low or medium for small results otherwise. */
  readonly tactic: 'precision';
  readonly pipeline: boolean;
  readonly immutable: boolean;
  readonly asyncMode: boolean;
}

/** Types of a function that kernels may call. */
export interface GpuFunctionTypes {
  readonly argumentTypes: Readonly<Record<string, string>>;
  readonly returnType: string;
}

/** An instance of GPU.js. */
export interface GpuInstance {
  addFunction(source: string, types: GpuFunctionTypes): void;
  /** A function in GLSL, for WebGL alone. */
  addNativeFunction(name: string, source: string, types: GpuFunctionTypes): void;
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
