// Arguments of the pooling kernels, over planes of H x W floats. Words: x, out, indices, then the geometry and the
// tasks.

export const PLANES: i32 = 3;
export const HEIGHT: i32 = 4;
export const WIDTH: i32 = 5;
export const OUT_HEIGHT: i32 = 6;
export const OUT_WIDTH: i32 = 7;
export const KERNEL_HEIGHT: i32 = 8;
export const KERNEL_WIDTH: i32 = 9;
export const STRIDE_Y: i32 = 10;
export const STRIDE_X: i32 = 11;
export const PAD_Y: i32 = 12;
export const PAD_X: i32 = 13;
export const TASKS: i32 = 14;
