/** Formats a duration in seconds as 0:07, 12:34 or 1:02:03. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Formats a fraction as a percentage with one decimal: 12.3 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Formats a number with at most five significant digits, without trailing zeros: 0.1, 1e-4, 12.346. */
export function short(value: number): string {
  const rounded = Number(value.toPrecision(5));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** Options of optimizers as table rows, header first. A cell is empty if the optimizer does not have the option. */
export function optionsTable(optimizers: readonly (readonly [name: string, options: Options])[]): string[][] {
  const columns = [...new Set(optimizers.flatMap(([, options]) => Object.keys(options)))];
  const cell = (value: number | string | boolean = '') => (typeof value === 'number' ? short(value) : String(value));
  return [
    ['optimizer', ...columns],
    ...optimizers.map(([name, options]) => [name, ...columns.map((column) => cell(options[column]))]),
  ];
}

type Options = Readonly<Record<string, number | string | boolean>>;

/** Formats a number of bytes in decimal units: 139 MB. */
export function bytes(count: number): string {
  if (count < 1e3) return `${count} B`;
  return count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${Math.round(count / 1e6)} MB`;
}

/** Formats a count with its noun: 1 epoch, 2 epochs. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Formats rows of cells as aligned lines. The first row is the header; columns after the first are right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** Wraps text between words into lines of at most 80 columns. */
export function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= 80) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
