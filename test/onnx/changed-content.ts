import { operators } from '../../src/onnx/import/operators/index.js';
import type { Dice } from '../soak/attack.js';

/** Any content of a message. */
type Content = Record<string, unknown>;

/** Small ones: what a model computes may be as large as its lengths are. */
const integers = [0, 1, 2, 3, -1, -2, 5, 17, 64];

/** A copy of the content of a message with a few changes that keep it well-formed: other numbers, names and lists. */
export function changedContent<C extends object>(dice: Dice, content: C): C {
  const copy = structuredClone(content);
  const names = Object.keys(operators);
  const texts: string[] = [];
  const places: { readonly holder: Content | unknown[]; readonly key: string | number }[] = [];
  const visit = (holder: Content | unknown[]) => {
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder, key: Array.isArray(holder) ? Number(key) : key });
      if (typeof value === 'string') texts.push(value);
      if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
        visit(value as Content | unknown[]);
    }
  };
  visit(copy as Content);
  for (let n = 1 + dice.below(3); n > 0; n--) {
    const { holder, key } = dice.pick(places);
    const fields = holder as Record<string | number, unknown>;
    const value = fields[key];
    if (typeof value === 'number') fields[key] = dice.pick([...integers, (value + 1) | 0, (value - 1) | 0]);
    else if (typeof value === 'string')
      fields[key] = key === 'opType' ? dice.pick(names) : dice.pick([...texts, '', 'z']);
    else if (value instanceof Uint8Array) fields[key] = changedBytes(dice, value);
    else if (Array.isArray(value)) changeList(dice, value);
    else if (!Array.isArray(holder)) delete fields[key];
  }
  return copy;
}

function changedBytes(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (dice.below(3) === 0) return bytes.slice(0, dice.below(bytes.length + 1));
  const copy = bytes.slice();
  // the lowest byte of a word, so that lengths stay small
  if (copy.length > 0) copy[8 * dice.below(Math.ceil(copy.length / 8))] = dice.pick([0, 1, 2, 3, 7]);
  return copy;
}

function changeList(dice: Dice, list: unknown[]): void {
  const [from, to] = [dice.below(list.length + 1), dice.below(list.length + 1)];
  if (dice.below(2) === 0) list.splice(from, 1);
  else if (to < list.length) list.splice(from, 0, list[to]);
}
