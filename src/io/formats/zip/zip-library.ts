import { expected, FileError } from '../../../errors.js';

/** A zip file as the package reads it. */
export interface LibraryReader {
  getEntriesGenerator(): AsyncIterable<LibraryEntry>;
}

/** An entry of a zip file, as the package describes it. */
export interface LibraryEntry {
  readonly filename: string;
  readonly directory: boolean;
  readonly encrypted: boolean;
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly crc32?: number;
  /** Known once `getData` has been called. */
  readonly localDirectory?: { readonly dataOffset: number };
  getData?(to: WritableStream<Uint8Array>, options: object): Promise<unknown>;
}

/** A zip file that the package writes. */
export interface LibraryWriter {
  add(name: string, content: object, options: object): Promise<unknown>;
  close(): Promise<unknown>;
}

/** The classes of the package @zip.js/zip.js that read and write zip files. */
export interface ZipLibrary {
  readonly ZipReader: new (reader: object, options: object) => LibraryReader;
  readonly ZipWriter: new (writer: object, options: object) => LibraryWriter;
}

const packageName = '@zip.js/zip.js';

/** Loads a module of the package by name at run time, as Node and import maps resolve it: bundlers do not look for it. */
function load(module: string): Promise<object> {
  const name = `${packageName}/lib/${module}.js`;
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

const loaders: Record<keyof ZipLibrary, () => Promise<object>> = {
  ZipReader: () => load('zip-core-reader'),
  ZipWriter: () => load('zip-core-writer'),
};

/**
 * Loads a class of the package @zip.js/zip.js; `what` describes the file that needs it.
 * @throws FileError that says how to install the package if it cannot be loaded.
 */
export async function zipLibrary<K extends keyof ZipLibrary>(what: string, name: K): Promise<ZipLibrary[K]> {
  try {
    return ((await loaders[name]()) as ZipLibrary)[name];
  } catch (cause) {
    const wanted = `the package ${packageName} (run: npm install ${packageName}, and import 'antinode/zip' in bundles)`;
    throw new FileError(expected(what, wanted, 'none that loads'), { cause });
  }
}

/** Replaces the loaders of the package, so that a program can import it in a way that its bundler sees. */
export function bringZip(replacements: Readonly<Record<keyof ZipLibrary, () => Promise<object>>>): void {
  Object.assign(loaders, replacements);
}
