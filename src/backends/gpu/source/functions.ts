import type { KernelSource } from './kernel-source.js';

/**
 * Declares `to` as the value of a function that some devices lack or do not compute precisely enough: WebGPU allows
 * errors of 2^-11 for sin and cos and of 2^-21 for log near 1, and its exponential of NaN may be any number.
 */
export function printFunction(k: KernelSource, op: string, to: string, [a, b]: readonly string[]): void {
  const value = k.name('y');
  if (op === 'sin') printSine(k, value, a, 0);
  else if (op === 'cos') printSine(k, value, a, 1);
  else printValue(k, op, value, a, b);
  if (op === 'pow') {
    const nan = k.define('n', `${b} === 0 ? 1 : ${a} + ${b}`);
    k.const(to, `(${isNumber(a)} && ${isNumber(b)}) ? ${value} : ${nan}`);
  } else {
    k.const(to, `${isNumber(a)} ? ${value} : ${a}`);
  }
}

/**
 * An expression that is false if x is NaN and true otherwise. On some devices x === x is true and x !== x false for
 * NaN.
 */
export function isNumber(x: string): string {
  return `(${x} <= 0 || ${x} >= 0)`;
}

/** Declares `to` as the value of a function of numbers, none of which is NaN. */
function printValue(k: KernelSource, op: string, to: string, a: string, b: string): void {
  const t = k.name('t');
  switch (op) {
    case 'exp':
      k.const(to, `Math.exp(${a})`);
      return;
    case 'sigmoid':
      k.const(to, `1 / (1 + Math.exp(-(${a})))`);
      return;
    case 'log':
      printLog(k, to, a);
      return;
    // the tanh of some devices overflows for large arguments
    case 'tanh':
      k.const(t, `Math.exp(-2 * Math.abs(${a}))`);
      k.const(
        `${to}s`,
        `Math.abs(${a}) < 0.1 ? ${a} * (1 - ${a} * ${a} * (1 / 3 - ${a} * ${a} * (2 / 15 - ${a} * ${a} * (17 / 315)))) : (1 - ${t}) / (1 + ${t})`,
      );
      k.const(to, `Math.abs(${a}) < 0.1 ? ${to}s : (${a} < 0 ? -${to}s : ${to}s)`);
      return;
    case 'round':
      k.const(t, `Math.floor(${a})`);
      k.const(`${to}r`, `${a} - ${t}`);
      k.const(`${to}o`, `${t} - 2 * Math.floor(${t} * 0.5)`);
      k.const(`${to}w`, `${to}r > 0.5 ? ${t} + 1 : (${to}r < 0.5 ? ${t} : ${t} + ${to}o)`);
      // larger numbers are integers, and infinities have no fraction
      k.const(to, `Math.abs(${a}) < 8388608 ? ${to}w : ${a}`);
      return;
    case 'expm1':
      k.const(t, `${a} * (1 + ${a} / 2 * (1 + ${a} / 3 * (1 + ${a} / 4 * (1 + ${a} / 5 * (1 + ${a} / 6)))))`);
      k.const(to, `Math.abs(${a}) < 0.3 ? ${t} : Math.exp(${a}) - 1`);
      return;
    case 'log1p':
      k.const(t, `${a} / (2 + ${a})`);
      k.const(`${to}q`, `${t} * ${t}`);
      k.const(`${to}s`, `2 * ${t} * (1 + ${to}q * (1 / 3 + ${to}q * (1 / 5 + ${to}q * (1 / 7 + ${to}q / 9))))`);
      k.const(`${to}a`, `1 + ${a}`);
      printLog(k, `${to}l`, `${to}a`);
      k.const(to, `Math.abs(${a}) < 0.4 ? ${to}s : ${to}l`);
      return;
    // Abramowitz and Stegun 7.1.26; near 0, where its relative error is large, a series
    case 'erf':
      k.const(t, `1 / (1 + 0.3275911 * Math.abs(${a}))`);
      k.const(
        `${to}p`,
        `${t} * (0.254829592 + ${t} * (-0.284496736 + ${t} * (1.421413741 + ${t} * (-1.453152027 + ${t} * 1.061405429))))`,
      );
      k.const(`${to}q`, `${a} * ${a}`);
      k.const(
        `${to}n`,
        `1.1283791671 * ${a} * (1 - ${to}q * (1 / 3 - ${to}q * (1 / 10 - ${to}q * (1 / 42 - ${to}q * (1 / 216 - ${to}q / 1320)))))`,
      );
      k.const(`${to}e`, `1 - ${to}p * Math.exp(-(${to}q))`);
      k.const(to, `Math.abs(${a}) < 0.6 ? ${to}n : (${a} < 0 ? -${to}e : ${to}e)`);
      return;
    case 'pow':
      // a device may flush a very small number to 0
      k.const(`${to}z`, `${b} > 0 ? 0 : ${k.scalar(Number.POSITIVE_INFINITY)}`);
      k.const(`${to}p`, `Math.pow(Math.abs(${a}), ${b})`);
      k.const(t, `${a} === 0 ? ${to}z : ${to}p`);
      k.const(`${to}w`, `Math.floor(${b}) === ${b} ? 1 : 0`);
      k.const(`${to}o`, `${b} - 2 * Math.floor(${b} * 0.5)`);
      k.const(`${to}s`, `${to}w > 0.5 && ${to}o > 0.5 ? -${t} : ${t}`);
      // negative bases have only integer exponents; 1 / -0 and 1 / -Infinity show the signs of zeros and infinities
      k.const(`${to}n`, `${to}w > 0.5 || 1 / ${a} === 0 ? ${to}s : ${k.scalar(Number.NaN)}`);
      k.const(to, `${b} === 0 ? 1 : (${a} < 0 ? ${to}n : (1 / ${a} < 0 ? ${to}s : ${t}))`);
      return;
    default:
      throw new Error(`gpu: expected a function that kernels can compute, got ${op}`);
  }
}

/**
 * Declares `to` as log(x), also for zero and for negative numbers, for which devices may return finite values. Near 1,
 * where devices have an absolute error, it is a series in (x - 1) / (x + 1) with a relative error of at most 3e-9.
 */
function printLog(k: KernelSource, to: string, x: string): void {
  k.const(`${to}s`, `(${x} - 1) / (${x} + 1)`);
  k.const(`${to}z`, `${to}s * ${to}s`);
  k.const(`${to}t`, `1 / 3 + ${to}z * (1 / 5 + ${to}z * (1 / 7 + ${to}z * (1 / 9 + ${to}z * (1 / 11))))`);
  k.const(`${to}p`, `(${x} > 0.7 && ${x} < 1.4) ? 2 * ${to}s * (1 + ${to}z * ${to}t) : Math.log(${x})`);
  k.const(`${to}n`, `${x} > 0 ? ${to}p : ${k.scalar(Number.NaN)}`);
  k.const(to, `${x} === 0 ? ${k.scalar(Number.NEGATIVE_INFINITY)} : ${to}n`);
}

/** pi / 2 in three parts; the first two have 8 and 11 bits, so that their products with small integers are exact. */
const halfPi = [1.5703125, 0.0004837512969970703, 7.549790126404332e-8];

/** Declares `to` as sin(x + quarters * pi / 2). */
function printSine(k: KernelSource, to: string, x: string, quarters: number): void {
  const [n, r] = [k.name('n'), k.name('r')];
  k.const(n, `Math.floor(${x} * ${2 / Math.PI} + 0.5)`);
  k.const(r, `((${x} - ${n} * ${halfPi[0]}) - ${n} * ${halfPi[1]}) - ${n} * ${halfPi[2]}`);
  printReducedSine(k, to, r, n, quarters);
}

/**
 * Declares `to` as sin(r + (n + quarters) * pi / 2) for |r| <= pi / 4 and an integer n, by polynomials with an error of
 * at most 4e-9.
 */
export function printReducedSine(k: KernelSource, to: string, r: string, n: string, quarters: number): void {
  const [z, s, c, quadrant, value] = ['z', 's', 'c', 'n', 'v'].map((prefix) => k.name(prefix));
  k.const(z, `${r} * ${r}`);
  k.const(
    s,
    `${r} + ${r} * ${z} * (-0.16666655242443085 + ${z} * (0.008332191035151482 - ${z} * 0.00019518598855938762))`,
  );
  k.const(
    c,
    `1 - ${z} * 0.5 + ${z} * ${z} * (0.04166664555668831 + ${z} * (-0.00138873013202101 + ${z} * 0.00002443066841806285))`,
  );
  k.const(quadrant, `${n} + ${quarters} - 4 * Math.floor((${n} + ${quarters}) * 0.25)`);
  k.const(value, `(${quadrant} === 1 || ${quadrant} === 3) ? ${c} : ${s}`);
  k.const(to, `${quadrant} > 1.5 ? -${value} : ${value}`);
}
