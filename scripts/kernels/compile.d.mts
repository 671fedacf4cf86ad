/** The bytes of the kernels module, with relaxed SIMD or without. */
export function compileKernels(variant: { readonly relaxedSimd: boolean }): Promise<Uint8Array<ArrayBuffer>>;
