import type { KernelSource } from './source.js';

/**
 * Prints `const to = op(a, b)` for functions that no device has, or not in this precision: WebGPU allows sin and cos an
 * error of 2^-11, and log one of 2^-21 near 1; its exponential of NaN may be any number.
 */
export function printFunction(k: KernelSource, op: string, to: string, [a, b]: readonly string[]): void {
  const value = k.name('y');
  if (op === 'sin') printSine(k, value, a, 0);
  else if (op === 'cos') printSine(k, value, a, 1);
  else for (const line of lines(k, op, value, a, b)) k.line(line);
  if (op === 'pow') {
    const nan = k.name('n');
    k.line(`const ${nan} = ${b} === 0 ? 1 : ${a} + ${b};`);
    k.line(`const ${to} = (${isNumber(a)} && ${isNumber(b)}) ? ${value} : ${nan};`);
  } else {
    k.line(`const ${to} = ${isNumber(a)} ? ${value} : ${a};`);
  }
}

/** The expression that is true unless x is NaN. A device may take x === x for true, and x !== x for false. */
export function isNumber(x: string): string {
  return `(${x} <= 0 || ${x} >= 0)`;
}

function lines(k: KernelSource, op: string, to: string, a: string, b: string): readonly string[] {
  const t = k.name('t');
  switch (op) {
    case 'exp':
      return [`const ${to} = Math.exp(${a});`];
    case 'sigmoid':
      return [`const ${to} = 1 / (1 + Math.exp(-(${a})));`];
    case 'log':
      return logLines(k, to, a);
    // tanh of large arguments overflows on some devices
    case 'tanh':
      return [
        `const ${t} = Math.exp(-2 * Math.abs(${a}));`,
        `const ${to}s = Math.abs(${a}) < 0.1 ? ${a} * (1 - ${a} * ${a} * (1 / 3 - ${a} * ${a} * (2 / 15 - ${a} * ${a} * (17 / 315)))) : (1 - ${t}) / (1 + ${t});`,
        `const ${to} = Math.abs(${a}) < 0.1 ? ${to}s : (${a} < 0 ? -${to}s : ${to}s);`,
      ];
    case 'round':
      return [
        `const ${t} = Math.floor(${a});`,
        `const ${to}r = ${a} - ${t};`,
        `const ${to}o = ${t} - 2 * Math.floor(${t} * 0.5);`,
        `const ${to}w = ${to}r > 0.5 ? ${t} + 1 : (${to}r < 0.5 ? ${t} : ${t} + ${to}o);`,
        // larger numbers are whole, and infinities have no fraction
        `const ${to} = Math.abs(${a}) < 8388608 ? ${to}w : ${a};`,
      ];
    case 'expm1':
      return [
        `const ${t} = ${a} * (1 + ${a} / 2 * (1 + ${a} / 3 * (1 + ${a} / 4 * (1 + ${a} / 5 * (1 + ${a} / 6)))));`,
        `const ${to} = Math.abs(${a}) < 0.3 ? ${t} : Math.exp(${a}) - 1;`,
      ];
    case 'log1p':
      return [
        `const ${t} = ${a} / (2 + ${a});`,
        `const ${to}q = ${t} * ${t};`,
        `const ${to}s = 2 * ${t} * (1 + ${to}q * (1 / 3 + ${to}q * (1 / 5 + ${to}q * (1 / 7 + ${to}q / 9))));`,
        `const ${to}a = 1 + ${a};`,
        ...logLines(k, `${to}l`, `${to}a`),
        `const ${to} = Math.abs(${a}) < 0.4 ? ${to}s : ${to}l;`,
      ];
    // Abramowitz and Stegun 7.1.26 with a series near 0, where its error would show
    case 'erf':
      return [
        `const ${t} = 1 / (1 + 0.3275911 * Math.abs(${a}));`,
        `const ${to}p = ${t} * (0.254829592 + ${t} * (-0.284496736 + ${t} * (1.421413741 + ${t} * (-1.453152027 + ${t} * 1.061405429))));`,
        `const ${to}q = ${a} * ${a};`,
        `const ${to}n = 1.1283791671 * ${a} * (1 - ${to}q * (1 / 3 - ${to}q * (1 / 10 - ${to}q * (1 / 42 - ${to}q * (1 / 216 - ${to}q / 1320)))));`,
        `const ${to}e = 1 - ${to}p * Math.exp(-(${to}q));`,
        `const ${to} = Math.abs(${a}) < 0.6 ? ${to}n : (${a} < 0 ? -${to}e : ${to}e);`,
      ];
    case 'pow':
      return [
        // a device may take 0 for a very small number
        `const ${to}z = ${b} > 0 ? 0 : ${k.number(Number.POSITIVE_INFINITY)};`,
        `const ${to}p = Math.pow(Math.abs(${a}), ${b});`,
        `const ${t} = ${a} === 0 ? ${to}z : ${to}p;`,
        `const ${to}w = Math.floor(${b}) === ${b} ? 1 : 0;`,
        `const ${to}o = ${b} - 2 * Math.floor(${b} * 0.5);`,
        `const ${to}s = ${to}w > 0.5 && ${to}o > 0.5 ? -${t} : ${t};`,
        // negative numbers take whole exponents only; -0 has a sign, and -Infinity is as large as Infinity
        `const ${to}n = ${to}w > 0.5 || 1 / ${a} === 0 ? ${to}s : ${k.number(Number.NaN)};`,
        `const ${to} = ${b} === 0 ? 1 : (${a} < 0 ? ${to}n : (1 / ${a} < 0 ? ${to}s : ${t}));`,
      ];
    default:
      throw new Error(`gpu: no lines for ${op}`);
  }
}

/**
 * `const to = log(x)`, also of zero and of negative numbers, which devices may take for very small ones. Near 1, where
 * devices have an absolute error, by a series in (x - 1) / (x + 1) that is right to 3e-9 of the result.
 */
function logLines(k: KernelSource, to: string, x: string): string[] {
  return [
    `const ${to}s = (${x} - 1) / (${x} + 1);`,
    `const ${to}z = ${to}s * ${to}s;`,
    `const ${to}t = 1 / 3 + ${to}z * (1 / 5 + ${to}z * (1 / 7 + ${to}z * (1 / 9 + ${to}z * (1 / 11))));`,
    `const ${to}p = (${x} > 0.7 && ${x} < 1.4) ? 2 * ${to}s * (1 + ${to}z * ${to}t) : Math.log(${x});`,
    `const ${to}n = ${x} > 0 ? ${to}p : ${k.number(Number.NaN)};`,
    `const ${to} = ${x} === 0 ? ${k.number(Number.NEGATIVE_INFINITY)} : ${to}n;`,
  ];
}

/** pi / 2 in three parts; the first two have 8 and 11 bits, so that their products with small integers are exact. */
const halfPi = [1.5703125, 0.0004837512969970703, 7.549790126404332e-8];

/** `const to = sin(x + quarters * pi / 2)`. */
function printSine(k: KernelSource, to: string, x: string, quarters: number): void {
  const [n, r] = [k.name('n'), k.name('r')];
  k.line(`const ${n} = Math.floor(${x} * ${2 / Math.PI} + 0.5);`);
  k.line(`const ${r} = ((${x} - ${n} * ${halfPi[0]}) - ${n} * ${halfPi[1]}) - ${n} * ${halfPi[2]};`);
  printSineOfParts(k, to, r, n, quarters);
}

/** `const to = sin(r + (n + quarters) * pi / 2)` for |r| <= pi / 4 and whole n, by polynomials that are right to 4e-9. */
export function printSineOfParts(k: KernelSource, to: string, r: string, n: string, quarters: number): void {
  const [z, s, c, turn, value] = ['z', 's', 'c', 'n', 'v'].map((prefix) => k.name(prefix));
  k.line(`const ${z} = ${r} * ${r};`);
  k.line(
    `const ${s} = ${r} + ${r} * ${z} * (-0.16666655242443085 + ${z} * (0.008332191035151482 - ${z} * 0.00019518598855938762));`,
  );
  k.line(
    `const ${c} = 1 - ${z} * 0.5 + ${z} * ${z} * (0.04166664555668831 + ${z} * (-0.00138873013202101 + ${z} * 0.00002443066841806285));`,
  );
  k.line(`const ${turn} = ${n} + ${quarters} - 4 * Math.floor((${n} + ${quarters}) * 0.25);`);
  k.line(`const ${value} = (${turn} === 1 || ${turn} === 3) ? ${c} : ${s};`);
  k.line(`const ${to} = ${turn} > 1.5 ? -${value} : ${value};`);
}
