import { createRequire } from 'node:module';
import { arrayOf, type FileType, type Typed } from '../onnx/files.js';

/** Outputs in their order. */
export type Outputs = readonly { readonly dims: readonly number[]; readonly data: readonly number[] }[];

/** A tensor of the runtime. */
interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** The part of onnxruntime that is used. It is installed apart from the package, so the compiler does not see its types. */
interface Runtime {
  readonly env: { readonly versions: { readonly common: string } };
  readonly Tensor: new (type: string, data: ArrayBufferView, dims: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options: object,
    ): Promise<{
      readonly outputNames: readonly string[];
      run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
    }>;
  };
}

function load(): Runtime {
  try {
    return createRequire(import.meta.url)('onnxruntime-node') as Runtime;
  } catch (error) {
    console.error(`expected the runtime (run: npm ci --ignore-scripts --prefix test/onnxruntime), got ${error}`);
    return process.exit(1);
  }
}

/** onnxruntime. */
export const runtime: Runtime = load();

const types: Readonly<Record<FileType, string>> = {
  ...{ float32: 'float32', int32: 'int32', int64: 'int64', uint8: 'uint8', bool: 'bool' },
};

/** What onnxruntime computes, without optimizations that change the graph. */
export async function run(bytes: Uint8Array, inputs: Readonly<Record<string, Typed>>): Promise<Outputs> {
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feeds = Object.entries(inputs).map(([name, tensor]) => {
    return [name, new runtime.Tensor(types[tensor.type], arrayOf(tensor), tensor.shape)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  return session.outputNames.map((name) => {
    const { dims, data } = results[name];
    return { dims: [...dims], data: Array.from(data, Number) };
  });
}
