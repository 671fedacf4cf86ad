import { shapeText } from '../../errors.js';
import type { SummaryRow, SummaryTotals } from './summary-row.js';

const columns = 80;
/** The most columns of output shapes. */
const mostShape = 20;

const headings = ['layer', 'output', 'parameters', 'mult-adds', 'memory'];

/** Formats a summary as `ModelSummary.toString` documents. */
export function summaryTable(summary: SummaryTotals, depth: number): string {
  const rows = summary.rows.filter((row) => row.depth <= depth).map(cellsOf);
  const shape = Math.min(mostShape, Math.max(...rows.map(([, text]) => text.length), headings[1].length));
  const numbers = [2, 3, 4].map((i) => Math.max(...[headings, ...rows].map((row) => row[i].length)));
  const widths = [shape, ...numbers];
  const room = columns - widths.reduce((sum, width) => sum + width + 2, 0);
  const first = Math.min(room, Math.max(...[headings, ...rows].map(([layer]) => layer.length)));
  const line = ([layer, ...cells]: readonly string[]) =>
    (
      cut(layer, first).padEnd(first) +
      cells.map((cell, i) => `  ${i === 0 ? cut(cell, shape).padEnd(shape) : cell.padStart(widths[i])}`).join('')
    ).trimEnd();
  const rule = '-'.repeat(first + widths.reduce((sum, width) => sum + width + 2, 0));
  return [line(headings), rule, ...rows.map(line), rule, ...totals(summary)].join('\n');
}

function cellsOf({ name, type, depth, calls, outputShapes, ...row }: SummaryRow): string[] {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const label = `${'  '.repeat(depth)}${depth > 0 ? `${last}: ` : ''}${type}${calls > 1 ? ` x${calls}` : ''}`;
  // a module that was not called has neither work nor memory
  const work = calls > 0 ? [quantity(row.multiplyAdds), bytesText(row.activationBytes)] : ['', ''];
  return [label, outputShapes.map(shapeText).join(', '), grouped(row.parameters), ...work];
}

function totals(summary: SummaryTotals): string[] {
  const { parameters, trainableParameters, multiplyAdds, modelBytes, inputBytes, activationBytes } = summary;
  const frozen = parameters - trainableParameters;
  return [
    `parameters: ${grouped(parameters)}${frozen > 0 ? `, of which ${grouped(frozen)} are not trained` : ''}`,
    `multiply-adds: ${quantity(multiplyAdds)}`,
    `memory: model ${bytesText(modelBytes)}, input ${bytesText(inputBytes)}, kept for backward ${bytesText(activationBytes)}`,
  ];
}

/** A number with a comma every three digits, in every locale. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with a prefix of the SI: 1.82 G. */
function quantity(value: number): string {
  return scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P']);
}

/** 1.82 MiB. */
function bytesText(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let [size, i] = [value, 0];
  // 999.5 would be printed with four digits
  while (Math.abs(size) >= 999.5 && i < units.length - 1) {
    size /= base;
    i++;
  }
  return `${i === 0 ? size : size.toPrecision(3)} ${units[i]}`.trimEnd();
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
