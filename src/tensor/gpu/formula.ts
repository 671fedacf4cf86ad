import type { Dtype } from '../dtype.js';
import type { Formula } from '../formula.js';
import type { FormulaNode } from '../formula-nodes.js';
import type { KernelSource } from './source.js';

type Print = (...args: string[]) => string;

/** Operations as expressions of GPU.js; those not listed need lines of their own. */
const expressions: Partial<Record<FormulaNode['op'], Print>> = {
  neg: (a) => `-(${a})`,
  abs: (a) => `Math.abs(${a})`,
  sqrt: (a) => `Math.sqrt(${a})`,
  exp: (a) => `Math.exp(${a})`,
  log: (a) => `Math.log(${a})`,
  sin: (a) => `Math.sin(${a})`,
  cos: (a) => `Math.cos(${a})`,
  sigmoid: (a) => `1 / (1 + Math.exp(-(${a})))`,
  floor: (a) => `Math.floor(${a})`,
  ceil: (a) => `Math.ceil(${a})`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  eq: (a, b) => `(${a} === ${b}) ? 1 : 0`,
  ne: (a, b) => `(${a} !== ${b}) ? 1 : 0`,
  lt: (a, b) => `(${a} < ${b}) ? 1 : 0`,
  le: (a, b) => `(${a} <= ${b}) ? 1 : 0`,
  gt: (a, b) => `(${a} > ${b}) ? 1 : 0`,
  ge: (a, b) => `(${a} >= ${b}) ? 1 : 0`,
  and: (a, b) => `${a} * ${b}`,
  or: (a, b) => `Math.max(${a}, ${b})`,
  not: (a) => `1 - ${a}`,
  number: (a) => a,
  select: (t, a, b) => `(${t} > 0.5) ? ${a} : ${b}`,
  // NaN is not equal to itself, and wins
  min: (a, b) => `(${a} < ${b} || ${a} !== ${a}) ? ${a} : ${b}`,
  max: (a, b) => `(${a} > ${b} || ${a} !== ${a}) ? ${a} : ${b}`,
};

/**
 * Prints the nodes of a formula as lines; `load` gives the expression of an input. Gives the name of the value of every
 * node. Truth values are 0 and 1.
 */
export function printNodes(
  k: KernelSource,
  f: Formula,
  uniform: Float64Array,
  load: (name: string) => string,
): string[] {
  const names: string[] = [];
  const used = new Set([
    ...f.results.map(({ node }) => node),
    ...f.nodes.filter((n) => !n.uniform).flatMap((n) => n.args),
  ]);
  f.nodes.forEach((node, at) => {
    if (node.uniform) {
      names[at] = used.has(at) ? uniformName(k, node, uniform[at]) : '';
      return;
    }
    const name = k.name('v');
    names[at] = name;
    const args = node.args.map((arg) => names[arg]);
    if (node.op === 'load') k.line(`const ${name} = ${load(node.name)};`);
    else if (node.op in expressions) k.line(`const ${name} = ${(expressions[node.op] as Print)(...args)};`);
    else printFunction(k, node.op, name, args);
  });
  return names;
}

function uniformName(k: KernelSource, node: FormulaNode, value: number): string {
  // small whole constants read well in the source and need no argument
  if (node.op === 'constant' && Number.isInteger(value) && Math.abs(value) < 1000)
    return value < 0 ? `(${value})` : `${value}`;
  return k.number(value);
}

/** Functions that no mode has, or not in this precision. */
function printFunction(k: KernelSource, op: string, to: string, [a, b]: readonly string[]): void {
  const t = k.name('t');
  const lines: Record<string, readonly string[]> = {
    // tanh of large arguments overflows on some devices
    tanh: [
      `const ${t} = Math.exp(-2 * Math.abs(${a}));`,
      `const ${to}s = Math.abs(${a}) < 0.1 ? ${a} * (1 - ${a} * ${a} * (1 / 3 - ${a} * ${a} * (2 / 15 - ${a} * ${a} * (17 / 315)))) : (1 - ${t}) / (1 + ${t});`,
      `const ${to} = Math.abs(${a}) < 0.1 ? ${to}s : (${a} < 0 ? -${to}s : ${to}s);`,
    ],
    round: [
      `const ${t} = Math.floor(${a});`,
      `const ${to}r = ${a} - ${t};`,
      `const ${to}o = ${t} - 2 * Math.floor(${t} / 2);`,
      `const ${to}w = ${to}r > 0.5 ? ${t} + 1 : (${to}r < 0.5 ? ${t} : ${t} + ${to}o);`,
      // larger numbers are whole, and infinities have no fraction
      `const ${to} = Math.abs(${a}) < 8388608 ? ${to}w : ${a};`,
    ],
    expm1: [
      `const ${t} = ${a} * (1 + ${a} / 2 * (1 + ${a} / 3 * (1 + ${a} / 4 * (1 + ${a} / 5 * (1 + ${a} / 6)))));`,
      `const ${to} = Math.abs(${a}) < 0.3 ? ${t} : Math.exp(${a}) - 1;`,
    ],
    log1p: [
      `const ${t} = ${a} / (2 + ${a});`,
      `const ${to}q = ${t} * ${t};`,
      `const ${to}s = 2 * ${t} * (1 + ${to}q * (1 / 3 + ${to}q * (1 / 5 + ${to}q * (1 / 7 + ${to}q / 9))));`,
      `const ${to} = Math.abs(${a}) < 0.4 ? ${to}s : Math.log(1 + ${a});`,
    ],
    // Abramowitz and Stegun 7.1.26 with a series near 0, where its error would show
    erf: [
      `const ${t} = 1 / (1 + 0.3275911 * Math.abs(${a}));`,
      `const ${to}p = ${t} * (0.254829592 + ${t} * (-0.284496736 + ${t} * (1.421413741 + ${t} * (-1.453152027 + ${t} * 1.061405429))));`,
      `const ${to}q = ${a} * ${a};`,
      `const ${to}n = 1.1283791671 * ${a} * (1 - ${to}q * (1 / 3 - ${to}q * (1 / 10 - ${to}q * (1 / 42 - ${to}q * (1 / 216 - ${to}q / 1320)))));`,
      `const ${to}e = 1 - ${to}p * Math.exp(-(${to}q));`,
      `const ${to} = Math.abs(${a}) < 0.6 ? ${to}n : (${a} < 0 ? -${to}e : ${to}e);`,
    ],
    pow: [
      `const ${t} = Math.pow(Math.abs(${a}), ${b});`,
      `const ${to}w = Math.floor(${b}) === ${b} ? 1 : 0;`,
      `const ${to}o = ${b} - 2 * Math.floor(${b} / 2);`,
      `const ${to}s = ${to}w > 0.5 && ${to}o > 0.5 ? -${t} : ${t};`,
      // negative numbers take whole exponents only; -0 has a sign, and -Infinity is as large as Infinity
      `const ${to}n = ${to}w > 0.5 || 1 / ${a} === 0 ? ${to}s : Math.sqrt(-1);`,
      `const ${to} = ${b} === 0 ? 1 : (${a} < 0 ? ${to}n : (1 / ${a} < 0 ? ${to}s : ${t}));`,
    ],
  };
  for (const line of lines[op]) k.line(line);
}

/** The expression of `value` as stored in a tensor of this dtype. */
export function stored(k: KernelSource, dtype: Dtype, value: string): string {
  if (dtype === 'float32') return value;
  const name = k.name('s');
  if (dtype === 'bool') {
    k.line(`const ${name} = (${value} === 0) ? 0 : 1;`);
    return name;
  }
  const [low, high] = dtype === 'uint8' ? [0, 255] : [-2147483648, 2147483647];
  const whole = k.name('w');
  k.line(`const ${whole} = ${value} < 0 ? Math.ceil(${value}) : Math.floor(${value});`);
  k.line(
    `const ${name} = (${value} !== ${value}) ? 0 : (${whole} < ${low} ? ${low} : (${whole} > ${high} ? ${high} : ${whole}));`,
  );
  return name;
}
