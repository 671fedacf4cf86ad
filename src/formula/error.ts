import { FormulaError } from '../errors.js';

const lineEnd = /\r\n?|[\n\u2028\u2029]/;

/** Columns shown on either side of the position that an error points at. */
const shownColumns = 60;

/** Characters of the text that a message shows at most. */
const mostShown = 400;

/**
 * Makes an error about a formula: its text, then the problem, and with the offset `at` also the line and a caret:
 *
 *     formula: 'm = g + q' uses the unknown name 'q'
 *       1 | m = g + q
 *         |         ^
 */
export function formulaError(text: string, problem: string, at?: number): FormulaError {
  const shown = text.trim();
  const message = `formula: '${shown.length > mostShown ? `${shown.slice(0, mostShown)}…` : shown}' ${problem}`;
  return new FormulaError(at === undefined ? message : `${message}\n${pointAt(text, at)}`);
}

function pointAt(text: string, at: number): string {
  const before = text.slice(0, at).split(lineEnd);
  const column = before[before.length - 1].length;
  const from = Math.max(0, column - shownColumns);
  const line = text.slice(at - column).split(lineEnd, 1)[0];
  const shown = line.slice(from, column + shownColumns);
  const gutter = `  ${before.length} | `;
  // keep tabs, so that the caret is below its character
  const indent = line.slice(from, column).replace(/[^\t]/g, ' ');
  return `${gutter}${shown}\n${gutter.replace(/[^|]/g, ' ')}${indent}^`;
}
