import type { Operand } from '../../tensor/backend.js';
import { stridesOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { Value } from '../graph/value.js';
import type { View } from '../graph/views.js';
import { Region } from './region.js';

/** A part of a region, which begins at element `offset`, and the shape of the tensor that it is a part of. */
interface Part {
  readonly region: Region;
  readonly offset: number;
  readonly layout: readonly number[];
}

/** Knows the value of every operand while a model is traced, by the backend's handle of its memory. */
export class MemoryMap {
  readonly #b: GraphBuilder;
  readonly #regions = new Map<unknown, Region>();
  readonly #parts = new Map<unknown, Part>();
  /** The shape of the tensor of which parts were taken last: the first part may have the handle of the whole. */
  readonly #layouts = new WeakMap<Region, readonly number[]>();

  constructor(builder: GraphBuilder) {
    this.#b = builder;
  }

  /** Notes that memory has been allocated. */
  allocated(handle: unknown, region: Region): void {
    this.#regions.set(handle, region);
  }

  released(handle: unknown): void {
    this.#regions.delete(handle);
  }

  /** Notes the handle of a part of `x`. */
  part(handle: unknown, x: Operand, offset: number): void {
    const whole = this.#locate(x);
    this.#parts.set(handle, { ...whole, offset: whole.offset + offset });
    this.#layouts.set(whole.region, whole.layout);
  }

  /** Gives a tensor that existed before the trace a value. */
  define(t: Tensor, value: Value): void {
    const region = new Region(t.dtype, t.size);
    this.#regions.set(t.handle, region);
    region.write(this.#b, value, { shape: t.shape, offset: 0, strides: stridesOf(t.shape) }, t.shape);
  }

  read(x: Operand): Value {
    const { region, offset, layout } = this.#locate(x);
    return region.read(this.#b, viewOf(x, offset), layout);
  }

  write(x: Operand, value: Value): void {
    const { region, offset, layout } = this.#locate(x);
    region.write(this.#b, value, viewOf(x, offset), layout);
  }

  /** The elements in a view of an operand. */
  readView(x: Operand, view: View): Value {
    const { region, offset, layout } = this.#locate(x);
    return region.read(this.#b, { ...view, offset: view.offset + offset }, layout);
  }

  /** Overwrites the elements in a view of an operand. */
  writeView(x: Operand, view: View, value: Value): void {
    const { region, offset, layout } = this.#locate(x);
    region.write(this.#b, value, { ...view, offset: view.offset + offset }, layout);
  }

  #locate(x: Operand): Part {
    const { handle } = x;
    const region = this.#regions.get(handle);
    if (region) {
      const layout = x.size < region.size ? this.#layouts.get(region) : undefined;
      return { region, offset: 0, layout: layout ?? x.shape };
    }
    const part = this.#parts.get(handle);
    if (part) return part;
    // a tensor that the model made before, and that is neither a parameter nor a buffer
    if (!(x instanceof Tensor)) throw new TypeError('expected a tensor');
    this.define(x, this.#b.tensor(x));
    return { region: this.#regions.get(handle) as Region, offset: 0, layout: x.shape };
  }
}

function viewOf(x: Operand, offset: number): View {
  return { shape: x.shape, offset, strides: x.strides ?? stridesOf(x.shape) };
}
