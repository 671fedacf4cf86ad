/** An argument or a result of a kernel: an array of the host, or a texture or buffer on the device. */
export type GpuValue = Float32Array | GpuTexture;

/** A texture of WebGL or a buffer of WebGPU, as GPU.js passes it to kernels. */
export interface GpuTexture {
  type: string;
  /** The buffer, on WebGPU. */
  readonly buffer?: GpuBuffer;
  /** Lengths of the axes. */
  output: ArrayLike<number>;
  dimensions?: ArrayLike<number>;
  /** Numbers per element, on WebGPU. */
  readonly componentCount?: number;
  /** The context of the kernels to which it can be passed. */
  readonly context?: GpuContext | null;
  /** The texture, on WebGL. */
  readonly texture?: object;
  /** Frees a texture of WebGL, through the kernel that made it. */
  delete?(): void;
}

/** A buffer of WebGPU; GPU.js counts its users in `_refs`, and destroys it after the last one. */
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

/** The part of an adapter of WebGPU that describes it to people. */
export interface GpuAdapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
}

/** The kinds of errors that a scope of WebGPU can catch. */
export type GpuErrorFilter = 'out-of-memory' | 'validation' | 'internal';

/** The error scopes of WebGPU: the innermost scope of its kind catches an error. */
export interface GpuErrorScopes {
  pushErrorScope(filter: GpuErrorFilter): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

/** The part of a device of WebGPU that creates buffers. */
export interface GpuAllocator extends GpuErrorScopes {
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): GpuBuffer;
}

/** The part of a device of WebGPU that this backend uses itself. */
export interface GpuDevice extends GpuAllocator {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  createCommandEncoder(): GpuCommandEncoder;
  readonly queue: {
    submit(commands: readonly object[]): void;
    writeBuffer(buffer: GpuBuffer, offset: number, values: Float32Array): void;
  };
}

/** The part of a command encoder of WebGPU that this backend uses itself. */
export interface GpuCommandEncoder {
  /** Offsets and size in bytes. */
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}

/** The adapter and device of WebGPU, or the context of WebGL, that the kernels of one instance share. */
export interface GpuContext {
  readonly adapter?: GpuAdapter;
  readonly device?: GpuDevice;
  deleteTexture?(texture: object | undefined): void;
}

/** A compiled kernel; with `asyncMode` it returns a promise. */
export interface GpuKernel {
  (...args: readonly (GpuValue | number)[]): GpuResult | Promise<GpuResult>;
  readonly context: GpuContext | null;
  /** The canvas behind a context of WebGL. */
  readonly canvas?: EventTarget | null;
  /** The buffer that the next run writes to, on WebGPU. */
  outputBuffer?: GpuBuffer | null;
  /** Whether the next run must bind its buffers again, on WebGPU. */
  bindGroupDirty?: boolean;
  destroy(removeCanvasReferences?: boolean): void;
}

/** The result of a kernel. Without a device, it is one array per thread if each thread has several results. */
export type GpuResult = GpuValue | readonly Float32Array[];

/** The settings of a kernel that this backend uses. */
export interface GpuKernelSettings {
  readonly output: readonly [number];
  readonly argumentTypes: readonly string[];
  readonly precision: 'single';
  /** 32-bit floats everywhere; by default GPU.js uses the low or medium precision of the device for small results. */
  readonly tactic: 'precision';
  readonly pipeline: boolean;
  readonly immutable: boolean;
  readonly asyncMode: boolean;
}

/** The types of a function that kernels can call. */
export interface GpuFunctionTypes {
  readonly argumentTypes: Readonly<Record<string, string>>;
  readonly returnType: string;
}

/** An instance of GPU.js. */
export interface GpuInstance {
  addFunction(source: string, types: GpuFunctionTypes): void;
  /** Adds a function in GLSL, for WebGL only. */
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
