import type { Heap } from './heap.js';
import type { LinearMemory } from './linear-memory.js';

/** The smallest block, in bytes: modules of formulas have a few hundred bytes each. */
const leastBytes = 65_536;

/** The part of the block that the table may fill: its start. */
const tableShare = 1 / 8;

/** A module in the block: its offset and its length. */
interface Stored {
  readonly offset: number;
  readonly length: number;
}

/**
 * The modules that are loaded at run time, in memory, where worker threads read them: workers block between jobs, so
 * messages cannot reach them. The modules and a table of (pointer, length) pairs are in one block, which can move, so
 * that it does not divide free memory for good. Must not be called during a job.
 */
export class ModuleStore {
  readonly #memory: LinearMemory;
  readonly #heap: Heap;
  /** Index of the word that holds the pointer to the table. */
  readonly #word: number;
  #pointer = 0;
  #bytes = 0;
  #stored: Stored[] = [];

  constructor(memory: LinearMemory, heap: Heap, word: number) {
    this.#memory = memory;
    this.#heap = heap;
    this.#word = word;
  }

  /**
   * Adds a module as the last of the table.
   *
   * @throws OutOfMemoryError, and changes nothing, when the memory is full
   */
  add(module: Uint8Array): void {
    const last = this.#stored.at(-1);
    const offset = last ? last.offset + last.length : this.#bytes * tableShare;
    const pairs = 8 * (this.#stored.length + 1);
    if (offset + module.length > this.#bytes || pairs > this.#bytes * tableShare) {
      const bytes = Math.max(leastBytes, 2 * this.#bytes, 4 * module.length);
      const modules = this.#modules();
      const old = this.#pointer;
      this.#place(modules, bytes);
      if (old !== 0) this.#heap.free(old);
      this.add(module);
      return;
    }
    this.#memory.u8.set(module, this.#pointer + offset);
    this.#stored.push({ offset, length: module.length });
    this.#writePair(this.#stored.length - 1);
  }

  /**
   * Returns a block of memory that is only free if the store moves out of its way.
   *
   * @throws OutOfMemoryError, and changes nothing, if that does not help either
   */
  makeRoom(bytes: number): number {
    if (this.#pointer === 0) return this.#heap.allocate(bytes);
    const modules = this.#modules();
    this.#heap.free(this.#pointer);
    let made: number | null = null;
    try {
      made = this.#heap.allocate(bytes);
      this.#place(modules, this.#bytes);
      return made;
    } catch (error) {
      if (made !== null) this.#heap.free(made);
      this.#place(modules, this.#bytes);
      throw error;
    }
  }

  /** Copies of all modules. */
  #modules(): Uint8Array[] {
    return this.#stored.map(({ offset, length }) => {
      const start = this.#pointer + offset;
      return this.#memory.u8.slice(start, start + length);
    });
  }

  /** Writes modules into a new block of `bytes` bytes. */
  #place(modules: readonly Uint8Array[], bytes: number): void {
    this.#pointer = this.#heap.allocate(bytes);
    this.#bytes = bytes;
    let offset = bytes * tableShare;
    this.#stored = modules.map((module) => {
      this.#memory.u8.set(module, this.#pointer + offset);
      offset += module.length;
      return { offset: offset - module.length, length: module.length };
    });
    for (const i of this.#stored.keys()) this.#writePair(i);
    this.#memory.i32[this.#word] = this.#pointer;
  }

  #writePair(index: number): void {
    const { offset, length } = this.#stored[index];
    this.#memory.i32.set([this.#pointer + offset, length], this.#pointer / 4 + 2 * index);
  }
}
