import { bytesOf, type Dtype } from '../../dtype.js';
import { OutOfMemoryError } from '../../errors.js';
import type { Backend } from '../backend.js';
import { backendOf } from '../device.js';
import { type History, now } from './changes.js';
import { unscopedText, unwatch, type Watched } from './unscoped.js';

/** Live tensors and bytes of one device. */
export interface MemoryReport {
  readonly tensors: number;
  readonly bytes: number;
  readonly peakBytes: number;
}

interface Account {
  tensors: number;
  bytes: number;
  peakBytes: number;
}

const accounts = new Map<string, Account>();

function accountOf(name: string): Account {
  let account = accounts.get(name);
  if (!account) {
    account = { tensors: 0, bytes: 0, peakBytes: 0 };
    accounts.set(name, account);
  }
  return account;
}

/** Memory on one device, shared by tensors that are reshapes of each other and freed with the last of them. */
export class Storage implements History {
  readonly backend: Backend;
  readonly dtype: Dtype;
  readonly size: number;
  readonly handle: unknown;
  readonly allocated: number = now();
  changed = 0;
  changedBy = '';
  #owners = 0;
  #identity: symbol | null = null;

  constructor(backend: Backend, dtype: Dtype, size: number) {
    this.backend = backend;
    this.dtype = dtype;
    this.size = size;
    this.handle = allocate(backend, dtype, size);
    const account = accountOf(backend.name);
    account.bytes += this.bytes;
    account.peakBytes = Math.max(account.peakBytes, account.bytes);
  }

  /** Size in bytes. */
  get bytes(): number {
    return this.size * bytesOf(this.dtype);
  }

  /** True while more than one tensor uses this memory, so that in-place writes would affect other tensors. */
  get shared(): boolean {
    return this.#owners > 1;
  }

  /** A symbol that identifies this memory when its values cannot be compared. */
  get identity(): symbol {
    this.#identity ??= Symbol(`memory on ${this.backend.name}`);
    return this.#identity;
  }

  /** Registers one more tensor that uses this memory. */
  retain(): void {
    this.#owners++;
    accountOf(this.backend.name).tensors++;
  }

  /** Unregisters one tensor; the last one frees the memory. */
  release(): void {
    const account = accountOf(this.backend.name);
    account.tensors--;
    if (--this.#owners > 0) return;
    account.bytes -= this.bytes;
    this.backend.release(this.handle);
  }
}

function allocate(backend: Backend, dtype: Dtype, size: number): unknown {
  try {
    return backend.allocate(dtype, size);
  } catch (error) {
    const unscoped = unscopedText();
    if (!(error instanceof OutOfMemoryError) || !unscoped) throw error;
    throw new OutOfMemoryError(`${error.message}; ${unscoped}`, { cause: error });
  }
}

/**
 * One tensor's claim on a storage. Releasing it twice is harmless, so `dispose()`, a scope and the garbage collector
 * may all do it.
 */
export class Lease implements Watched {
  storage: Storage;
  /** The claims of the scope that owns the tensor; null outside all scopes. */
  owner: readonly Lease[] | null = null;
  watched = false;
  released = false;
  /** The bytes that the claim adds to those in use: none for a reshape. */
  readonly bytes: number;

  constructor(storage: Storage) {
    this.storage = storage;
    storage.retain();
    this.bytes = storage.shared ? 0 : storage.bytes;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    if (this.watched) unwatch(this);
    this.storage.release();
  }

  /** Releases the memory and claims other memory instead. */
  move(storage: Storage): void {
    storage.retain();
    this.storage.release();
    this.storage = storage;
  }
}

/** Returns the live tensors, live bytes and peak bytes of a device (default: the current one). */
export function memory(device?: string): MemoryReport {
  return { ...accountOf(backendOf(device).name) };
}

/** Resets the peak of a device (default: the current one) to the bytes that are live now. */
export function resetPeakMemory(device?: string): void {
  const account = accountOf(backendOf(device).name);
  account.peakBytes = account.bytes;
}
