import type { Dtype } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { numel, sameShape } from '../../tensor/shape.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import { fillOf, type Value } from '../graph/value.js';
import { areDisjoint, areSame, type Box, boxOf, isWhole, type View, viewed } from '../graph/views.js';

/** A value that was written to a part of a region. */
interface Patch {
  readonly box: Box;
  readonly value: Value;
}

/**
 * What a block of memory holds while a model is traced: the last value that filled it, and the values that were written
 * to parts of it since.
 */
export class Region {
  readonly dtype: Dtype;
  readonly size: number;
  #base: Value | null = null;
  #patches: Patch[] = [];
  /** The shape whose parts the patches are. */
  #layout: readonly number[] = [];

  constructor(dtype: Dtype, size: number) {
    this.dtype = dtype;
    this.size = size;
  }

  /** Overwrites the elements in a view of memory that has the shape `layout`. */
  write(b: GraphBuilder, value: Value, view: View, layout: readonly number[]): void {
    if (numel(view.shape) === 0) return;
    if (isWhole(view, this.size)) {
      this.#base = value;
      this.#patches = [];
      return;
    }
    const box = boxOf(view, layout);
    if (!box) throw new ValueError('exportOnnx: expected writes to rectangular parts of tensors, got another one');
    const isNew = ({ box: other }: Patch) => areSame(other, box) || areDisjoint(other, box);
    if (this.#patches.length > 0 && !(sameShape(layout, this.#layout) && this.#patches.every(isNew))) this.#whole(b);
    this.#layout = layout;
    this.#patches = this.#patches.filter((patch) => !areSame(patch.box, box));
    this.#patches.push({ box, value });
  }

  /** The elements in a view of memory that has the shape `layout`. */
  read(b: GraphBuilder, view: View, layout: readonly number[]): Value {
    const seen = (x: Value) => viewed(b, numel(layout) === this.size ? b.reshaped(x, layout) : x, view);
    if (isWhole(view, this.size)) return b.reshaped(this.#whole(b), view.shape);
    if (this.#patches.length === 0) return seen(this.#whole(b));
    const box = boxOf(view, this.#layout);
    const patch = box && this.#patches.find((each) => areSame(each.box, box));
    if (patch) return b.reshaped(patch.value, view.shape);
    const isUntouched = box && this.#base && this.#patches.every((each) => areDisjoint(each.box, box));
    return seen(isUntouched ? (this.#base as Value) : this.#whole(b));
  }

  /** The value of the whole memory. */
  #whole(b: GraphBuilder): Value {
    if (this.#patches.length > 0) {
      this.#base = this.#joined(b);
      this.#patches = [];
    }
    if (this.#base) return this.#base;
    if (this.size === 0) return b.values([], { shape: [0], type: this.dtype });
    throw new ValueError('exportOnnx: expected memory that the model has written, got memory without values');
  }

  #joined(b: GraphBuilder): Value {
    const shape = this.#layout;
    const type = { shape, type: this.dtype };
    const patches = this.#patches.map(({ box, value }) => ({ box, value: b.reshaped(value, box.counts) }));
    const [first] = patches;
    const axis = shape.findIndex((length, i) => first.box.counts[i] !== length);
    const line = [...patches].sort((p, q) => p.box.starts[axis] - q.box.starts[axis]);
    let end = 0;
    const tiles = line.every(({ box: { starts, counts } }) => {
      const isNext = shape.every((length, i) => (i === axis ? starts[i] === end : counts[i] === length));
      end += counts[axis];
      return isNext;
    });
    if (tiles && end === shape[axis]) {
      return b.add(
        'Concat',
        line.map(({ value }) => value),
        type,
        { axis },
      );
    }
    const fill = this.#base ? fillOf(this.#base) : undefined;
    if (fill === undefined || patches.length > 1) {
      throw new ValueError('exportOnnx: expected parts of tensors that make up the whole, got others');
    }
    const { starts, counts } = first.box;
    const pads = [...starts, ...shape.map((length, i) => length - starts[i] - counts[i])];
    return b.add('Pad', [first.value, b.integers(pads), b.scalar(fill, this.dtype)], type);
  }
}
