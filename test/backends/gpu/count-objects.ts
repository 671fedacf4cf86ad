import type { GpuMode } from '../../../src/backends/gpu/device/gpu-js.js';

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** A count of the device objects made from JavaScript. */
export interface ObjectCount {
  /** Buffers or textures that were made since the count began and not destroyed. */
  readonly live: number;
  /** Ends the count. */
  stop(): void;
}

/** Counts all WebGPU buffers or WebGL textures; always 0 in modes without a device. */
export async function countObjects(mode: GpuMode): Promise<ObjectCount> {
  const live = new Set<unknown>();
  const undo: (() => void)[] = [];
  const watch = (prototype: object, method: string, after: (self: unknown, args: unknown[], made: unknown) => void) => {
    const methods = prototype as Methods;
    const original = methods[method];
    methods[method] = function (this: unknown, ...args) {
      const made = original.apply(this, args);
      after(this, args, made);
      return made;
    };
    undo.push(() => {
      methods[method] = original;
    });
  };
  if (mode === 'webgpu') {
    const { device, buffer } = await prototypesOfWebGPU();
    watch(device, 'createBuffer', (_, __, made) => live.add(made));
    watch(buffer, 'destroy', (self) => live.delete(self));
  } else if (mode === 'webgl2') {
    watch(WebGL2RenderingContext.prototype, 'createTexture', (_, __, made) => live.add(made));
    watch(WebGL2RenderingContext.prototype, 'deleteTexture', (_, [texture]) => live.delete(texture));
  }
  return {
    get live() {
      return live.size;
    },
    stop: () => {
      for (const restore of undo) restore();
    },
  };
}

interface Device {
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): object;
  destroy(): void;
}

interface WebGPU {
  requestAdapter(): Promise<{ requestDevice(): Promise<Device> } | null>;
}

/** The prototypes of devices and buffers, which have no global names in Node. */
async function prototypesOfWebGPU(): Promise<{ device: object; buffer: object }> {
  const adapter = await (globalThis.navigator as { readonly gpu?: WebGPU }).gpu?.requestAdapter();
  if (!adapter) throw new Error('expected an adapter for WebGPU, got none');
  const device = await adapter.requestDevice();
  const copySource = 4;
  const buffer = device.createBuffer({ size: 4, usage: copySource });
  const prototypes = { device: Object.getPrototypeOf(device), buffer: Object.getPrototypeOf(buffer) };
  device.destroy();
  return prototypes;
}
