import { numel } from '../../tensor/shape.js';
import type { StoredTensor } from './stored-tensor.js';
import { openWeights, type WeightsFile } from './weights-file.js';

const columns = 80;

const formatNames = {
  safetensors: 'safetensors',
  pytorch: 'PyTorch checkpoint',
  npz: 'NumPy .npz',
  npy: 'NumPy .npy',
} as const;

/**
 * Describes a file of weights or a checkpoint in a table of 80 columns: names, element types, shapes, bytes, a total and
 * the metadata. Reads its header only.
 * @throws FileError for a file that cannot be read or has another format.
 */
export async function inspectText(path: string): Promise<string> {
  const file = await openWeights(path);
  try {
    return [
      `${shown(path)}: ${formatNames[file.format]}, ${count(file.size)} bytes`,
      ...table(file),
      ...metadata(file),
    ].join('\n');
  } finally {
    await file.close();
  }
}

function table({ tensors }: WeightsFile): string[] {
  const rows = Array.from(tensors.values(), rowOf);
  const all = [...tensors.values()];
  const elements = all.reduce((sum, { shape }) => sum + numel(shape), 0);
  const bytes = count(all.reduce((sum, { byteLength }) => sum + byteLength, 0));
  const heading = ['name', 'dtype', 'shape', 'bytes'];
  const [, ...widths] = heading.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i].length)));
  widths[2] = Math.max(widths[2], bytes.length);
  const left = columns - widths.reduce((sum, width) => sum + width + 2, 0);
  const nameWidth = Math.max(10, Math.min(left, Math.max(4, ...rows.map(([name]) => name.length))));
  const line = ([name, dtype, shape, size]: readonly string[]): string =>
    [
      cutFront(name, nameWidth).padEnd(nameWidth),
      dtype.padEnd(widths[0]),
      shape.padEnd(widths[1]),
      size.padStart(widths[2]),
    ].join('  ');
  const total = `${count(all.length)} tensor${all.length === 1 ? '' : 's'}, ${count(elements)} elements`;
  const width = line(heading).length;
  const lines = [line(heading), '-'.repeat(width), ...rows.map(line), '-'.repeat(width)];
  return ['', ...lines, `${total.padEnd(width - bytes.length - 2)}  ${bytes}`];
}

function rowOf({ name, dtype, shape, byteLength }: StoredTensor): readonly string[] {
  return [shown(name), dtype, cut(`(${shape.join(', ')})`, 30), count(byteLength)];
}

function metadata({ metadata }: WeightsFile): string[] {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return [];
  return ['', 'metadata', ...entries.map(([key, value]) => cut(`  ${shown(key)}: ${shown(value)}`, columns))];
}

/** A number with a comma every three digits, in every locale. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Text of a file without characters that control a terminal. */
function shown(text: string): string {
  return text.slice(0, 1000).replace(/[\p{C}\p{Z}]/gu, (c) => (c === ' ' ? c : '�'));
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Cuts the beginning, because the ends of names differ. */
function cutFront(text: string, width: number): string {
  return text.length > width ? `…${text.slice(text.length - width + 1)}` : text;
}
