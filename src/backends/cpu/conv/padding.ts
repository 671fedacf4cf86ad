import type { Axis, Part } from './axis.js';

/** Time of packing the weights of a tap, and of more but shorter loops, in times that one output takes to use them. */
const packing = 80;

/** A part is divided if its time becomes less than this share. */
const worthwhile = 0.9;

/** Neighbouring outputs of a part, and the range of taps that they use. */
interface Piece {
  readonly first: number;
  readonly end: number;
  readonly firstTap: number;
  readonly endTap: number;
}

/**
 * Divides the parts of an axis further, so that outputs near its ends leave out taps that read only padding, where that
 * saves time.
 *
 * @param lines how many outputs of other images, rows or columns use the same weights as one output
 */
export function withoutPadding(axis: Axis, lines: number): Axis {
  const costOf = ({ first, end, firstTap, endTap }: Piece) => (endTap - firstTap) * (packing + (end - first) * lines);
  const parts = axis.parts.flatMap((part) => {
    const pieces = joined(piecesOf(part, axis), costOf);
    const whole = costOf({ first: 0, end: part.count, firstTap: 0, endTap: part.taps });
    const cost = pieces.reduce((sum, piece) => sum + costOf(piece), 0);
    return cost < worthwhile * whole ? pieces.map((piece) => partOf(part, piece, axis.step)) : [part];
  });
  return { ...axis, parts };
}

/** Divides a part into pieces whose outputs use the same taps: those that read the input. */
function piecesOf({ count, taps, offset, offsetStep }: Part, { inputs, step }: Axis): Piece[] {
  const pieces: Piece[] = [];
  for (let i = 0; i < count; i++) {
    const inside = (q: number) => {
      const place = i * step + offset + q * offsetStep;
      return place >= 0 && place < inputs;
    };
    let [firstTap, endTap] = [0, taps];
    while (firstTap < endTap && !inside(firstTap)) firstTap++;
    while (firstTap < endTap && !inside(endTap - 1)) endTap--;
    const last = pieces.at(-1);
    const same = last?.firstTap === firstTap && last.endTap === endTap;
    if (same) pieces[pieces.length - 1] = { ...last, end: i + 1 };
    else pieces.push({ first: i, end: i + 1, firstTap, endTap });
  }
  return pieces;
}

/** Joins neighbouring pieces, those first that save most, until none saves anything. */
function joined(pieces: Piece[], costOf: (piece: Piece) => number): Piece[] {
  const join = (i: number) => together(pieces[i], pieces[i + 1]);
  let [most, best] = [0, -1];
  for (let i = 0; i + 1 < pieces.length; i++) {
    const saved = costOf(pieces[i]) + costOf(pieces[i + 1]) - costOf(join(i));
    if (saved > most) [most, best] = [saved, i];
  }
  return best < 0 ? pieces : joined([...pieces.slice(0, best), join(best), ...pieces.slice(best + 2)], costOf);
}

/** Two neighbouring pieces as one, with the taps of both. */
function together(a: Piece, b: Piece): Piece {
  const [first, end] = [a.first, b.end];
  const used = [a, b].filter(({ firstTap, endTap }) => firstTap < endTap);
  if (used.length === 0) return { ...a, end };
  const firstTap = Math.min(...used.map((piece) => piece.firstTap));
  return { first, end, firstTap, endTap: Math.max(...used.map((piece) => piece.endTap)) };
}

function partOf(part: Part, { first, end, firstTap, endTap }: Piece, step: number): Part {
  return {
    ...{ start: part.start + first * part.stride, stride: part.stride, count: end - first },
    ...{ taps: endTap - firstTap, tap: part.tap + firstTap * part.tapStep, tapStep: part.tapStep },
    ...{ offset: part.offset + first * step + firstTap * part.offsetStep, offsetStep: part.offsetStep },
  };
}
