/** Returns the bytes of the kernels module, with or without relaxed SIMD. */
export function compileKernels(variant: { readonly relaxedSimd: boolean }): Promise<Uint8Array<ArrayBuffer>>;
