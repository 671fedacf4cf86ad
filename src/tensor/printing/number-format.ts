import { type Dtype, isFloat } from '../../dtype.js';

/** Number of decimals of numbers that are not integers. */
const decimals = 4;

/**
 * Returns a function that formats numbers printed together, all padded to the same width. The rules are PyTorch's and
 * look at the absolute values of the finite nonzero numbers. If the largest is above 1e8 or more than 1000 times the
 * smallest, or if not all are integers and the smallest is below 1e-4, all are printed in scientific notation.
 * Otherwise floats that are all integers end in a point, and other floats have four decimals.
 */
export function numberFormat(values: readonly number[], dtype: Dtype): (value: number) => string {
  const plain = isFloat(dtype) ? floatFormat(values) : dtype === 'bool' ? (x: number) => String(x !== 0) : String;
  const width = Math.max(0, ...values.map((value) => plain(value).length));
  return (value) => plain(value).padStart(width);
}

function floatFormat(values: readonly number[]): (value: number) => string {
  const counted = values.filter((value) => Number.isFinite(value) && value !== 0);
  const sizes = counted.map(Math.abs);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const integers = counted.every(Number.isInteger);
  const wide = counted.length > 0 && (most / least > 1000 || most > 1e8 || (!integers && least < 1e-4));
  const digits = wide ? scientific : integers ? (size: number) => `${size}.` : fixed;
  return (value) => {
    if (Number.isNaN(value)) return 'nan';
    const sign = value < 0 || Object.is(value, -0) ? '-' : '';
    return sign + (Number.isFinite(value) ? digits(Math.abs(value)) : 'inf');
  };
}

function fixed(size: number): string {
  return roundedHalfToEven(size.toFixed(40)) ?? size.toFixed(decimals);
}

function scientific(size: number): string {
  const [exact, exponent] = size.toExponential(40).split('e');
  const even = roundedHalfToEven(exact);
  const [mantissa, power] = even === null ? size.toExponential(decimals).split('e') : [even, exponent];
  return `${mantissa}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}

/**
 * If the remainder after four decimals is exactly half a unit of the fourth and that digit is even, returns the number
 * cut to four decimals, because JavaScript would round it up; otherwise null.
 */
function roundedHalfToEven(exact: string): string | null {
  return /^(\d+\.\d{3}[02468])50*$/.exec(exact)?.[1] ?? null;
}
