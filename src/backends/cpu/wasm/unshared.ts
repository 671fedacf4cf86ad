import { Reader, sections, sectionsOf } from './binary.js';

/** Numbers of the kinds of imports in the binary format. */
const kinds = { function: 0, table: 1, memory: 2 } as const;

/** The flag in the limits of a memory that declares it shared between threads. */
const sharedFlag = 2;

/**
 * Returns a copy of a module whose imported memory is not declared shared. The kernels are compiled for shared memory;
 * kernels for unshared memory differ only in this flag of the import.
 */
export function importUnshared(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = module.slice() as Uint8Array<ArrayBuffer>;
  const imports = sectionsOf(bytes).find(({ id }) => id === sections.imports);
  if (!imports) return bytes;
  const reader = new Reader(bytes, imports.start);
  const limits = () => {
    const flags = reader.byte();
    reader.skipNumbers(flags & 1 ? 2 : 1);
  };
  reader.vector(() => {
    reader.skip(reader.unsigned()); // module
    reader.skip(reader.unsigned()); // field
    const kind = reader.byte();
    if (kind === kinds.function) reader.skipNumbers();
    else if (kind === kinds.table) {
      reader.skip(1);
      limits();
    } else if (kind === kinds.memory) {
      bytes[reader.at] &= ~sharedFlag;
      limits();
    } else reader.skip(2);
  });
  return bytes;
}
