/** WebAssembly value types in the binary format. */
export const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

/** One of `types`. */
export type ValueType = (typeof types)[keyof typeof types];

/** Instructions of one byte. */
export const ops = {
  i32eqz: 0x45,
  i32ltU: 0x49,
  i32leU: 0x4d,
  i32add: 0x6a,
  i32sub: 0x6b,
  i32mul: 0x6c,
  i32divU: 0x6e,
  i32remU: 0x70,
  i32and: 0x71,
  i32or: 0x72,
  select: 0x1b,
  f64ne: 0x62,
  f64add: 0xa0,
  f64mul: 0xa2,
  f64fromI32: 0xb7,
  f64promote: 0xbb,
  f32demote: 0xb6,
} as const;

/** Instructions after the SIMD prefix. */
export const simd = {
  load: 0x00,
  load32Splat: 0x09,
  load32Zero: 0x5c,
  store: 0x0b,
  store32Lane: 0x5a,
  store8Lane: 0x58,
  constant: 0x0c,
  i32splat: 0x11,
  f32splat: 0x13,
  i32lane: 0x1b,
  f32lane: 0x1f,
  i8narrowU: 0x66,
  i16narrowS: 0x85,
  i16narrowU: 0x86,
  i16widenU: 0x89,
  i32widenU: 0xa9,
  f32fromI32: 0xfa,
  i32fromF32: 0xf8,
  not: 0x4d,
  and: 0x4e,
  /** a & ~b */
  andnot: 0x4f,
  or: 0x50,
  xor: 0x51,
  bitselect: 0x52,
  f32: {
    eq: 0x41,
    ne: 0x42,
    lt: 0x43,
    gt: 0x44,
    le: 0x45,
    ge: 0x46,
    ceil: 0x67,
    floor: 0x68,
    round: 0x6a,
    abs: 0xe0,
    neg: 0xe1,
    sqrt: 0xe3,
    add: 0xe4,
    sub: 0xe5,
    mul: 0xe6,
    div: 0xe7,
    min: 0xe8,
    max: 0xe9,
    /** b < a ? b : a */
    pmin: 0xea,
    /** a < b ? b : a */
    pmax: 0xeb,
  },
  f64: { splat: 0x14, add: 0xf0, mul: 0xf2 },
  /** The first two floats as doubles. */
  f64promoteLow: 0x5f,
  /** Two doubles as floats, followed by two zeros. */
  f32demote: 0x5e,
  /** Bytes of two vectors, chosen by 16 immediates: 0 to 15 of the first, 16 to 31 of the second. */
  shuffle: 0x0d,
  i32: {
    eq: 0x37,
    ne: 0x38,
    lt: 0x39,
    gt: 0x3b,
    le: 0x3d,
    ge: 0x3f,
    abs: 0xa0,
    neg: 0xa1,
    add: 0xae,
    sub: 0xb1,
    mul: 0xb5,
    min: 0xb6,
    minU: 0xb7,
    max: 0xb8,
    maxU: 0xb9,
    shl: 0xab,
    shrS: 0xac,
  },
} as const;

/** Instructions of relaxed SIMD, after the SIMD prefix. */
export const relaxed = {
  /** The lowest opcode of relaxed SIMD. */
  first: 0x100,
  /** a * b + c, rounded once or twice, depending on the machine. */
  f32madd: 0x105,
  /** c - a * b, rounded once or twice, depending on the machine. */
  f32nmadd: 0x106,
  /** a * b + c of doubles. */
  f64madd: 0x107,
  /** Lanes of a where the mask has all bits set, of b where it has no bits set. */
  i32select: 0x10b,
} as const;
