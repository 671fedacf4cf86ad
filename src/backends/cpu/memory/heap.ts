import { OutOfMemoryError } from '../../../errors.js';

/** The alignment of every block, and the unit of sizes: a cache line. */
const unit = 64;

/** The least growth in bytes: untouched memory costs nothing, while growing interrupts every thread. */
const leastGrowth = 64 * 2 ** 20;

/** The part of a memory that the heap uses. */
export interface Growable {
  readonly bytes: number;
  readonly mostBytes: number;
  growTo(bytes: number): boolean;
}

/** A range of memory between two neighbours by address. */
interface Block {
  readonly start: number;
  size: number;
  used: boolean;
  before: Block | null;
  after: Block | null;
}

/**
 * Allocator with best fit (lowest address among equals) that joins free neighbours immediately. The same calls return
 * the same addresses. Its records are outside the memory, so a faulty kernel cannot damage them.
 */
export class Heap {
  readonly #memory: Growable;
  readonly #used = new Map<number, Block>();
  /** Free blocks by size, then address. */
  readonly #free: Block[] = [];
  #last: Block | null = null;
  #end: number;
  #usedBytes = 0;

  /** Manages the memory from byte `start` on. */
  constructor(memory: Growable, start: number) {
    this.#memory = memory;
    this.#end = Math.ceil(start / unit) * unit;
  }

  /** Bytes of all blocks in use, including rounding. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Number of free blocks; 1 when everything has been freed. */
  get fragments(): number {
    return this.#free.length;
  }

  /**
   * Allocates an uninitialised block of at least `bytes` bytes; its address and size are multiples of 64.
   *
   * @throws OutOfMemoryError when no free block is large enough and the memory cannot grow
   */
  allocate(bytes: number): number {
    const size = Math.max(unit, Math.ceil(bytes / unit) * unit);
    const at = this.#firstFit(size, 0);
    const block = at < this.#free.length ? this.#free[at] : this.#grow(size);
    if (at < this.#free.length) this.#free.splice(at, 1);
    if (block.size > size) this.#split(block, size);
    block.used = true;
    this.#used.set(block.start, block);
    this.#usedBytes += size;
    return block.start;
  }

  /**
   * Frees a block.
   *
   * @throws RangeError when `pointer` is not the start of an allocated block
   */
  free(pointer: number): void {
    let block = this.#used.get(pointer);
    if (!block) throw new RangeError(`heap: expected a pointer from allocate, got ${pointer}`);
    this.#used.delete(pointer);
    this.#usedBytes -= block.size;
    block.used = false;
    const { before, after } = block;
    if (after && !after.used) {
      this.#forget(after);
      this.#join(block, after);
    }
    if (before && !before.used) {
      this.#forget(before);
      this.#join(before, block);
      block = before;
    }
    this.#remember(block);
  }

  /** Index of the first free block that is not ordered before (size, start). */
  #firstFit(size: number, start: number): number {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.#free[middle];
      if (block.size < size || (block.size === size && block.start < start)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remember(block: Block): void {
    this.#free.splice(this.#firstFit(block.size, block.start), 0, block);
  }

  #forget(block: Block): void {
    this.#free.splice(this.#firstFit(block.size, block.start), 1);
  }

  /** Extends `left` by its right neighbour. */
  #join(left: Block, right: Block): void {
    left.size += right.size;
    left.after = right.after;
    if (right.after) right.after.before = left;
    else this.#last = left;
  }

  /** Reduces a block to `size` and makes the rest a free block. */
  #split(block: Block, size: number): void {
    const rest = { start: block.start + size, size: block.size - size, used: false, before: block, after: block.after };
    if (block.after) block.after.before = rest;
    else this.#last = rest;
    block.after = rest;
    block.size = size;
    this.#remember(rest);
  }

  /** Grows the memory and returns a block of at least `size` at the end of the heap, not listed as free. */
  #grow(size: number): Block {
    const open = this.#last && !this.#last.used ? this.#last : null;
    const wanted = (open ? open.start : this.#end) + size;
    const generous = Math.min(
      this.#memory.mostBytes,
      this.#memory.bytes + Math.max(leastGrowth, this.#memory.bytes / 4),
    );
    if (!(wanted < generous && this.#memory.growTo(generous)) && !this.#memory.growTo(wanted)) this.#fail(size);
    const end = Math.floor(this.#memory.bytes / unit) * unit;
    if (open) {
      this.#forget(open);
      open.size = end - open.start;
      this.#end = end;
      return open;
    }
    const block: Block = { start: this.#end, size: end - this.#end, used: false, before: this.#last, after: null };
    if (this.#last) this.#last.after = block;
    this.#last = block;
    this.#end = end;
    return block;
  }

  #fail(size: number): never {
    const largest = this.#free.at(-1)?.size ?? 0;
    throw new OutOfMemoryError(
      `cpu: out of memory: requested ${mebibytes(size)} with ${mebibytes(this.#usedBytes)} in use of at most ` +
        `${mebibytes(this.#memory.mostBytes)} (largest free block ${mebibytes(largest)}); use a smaller batch, keep ` +
        'fewer tensors alive (scope, noGrad, dispose) or recompute activations (autograd.checkpoint)',
    );
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
