/** True in the module of 256-bit kernels; the build replaces this file. */
export const wide: bool = false;
