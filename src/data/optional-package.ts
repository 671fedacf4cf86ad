import { FileError } from '../errors.js';

/** A package that only some data sets need, in Node. Throws FileError saying how to install it when it is missing. */
export async function optionalPackage<T>(what: string, name: string): Promise<T> {
  try {
    // not spelled out, so that bundlers do not look for it
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (error) {
    throw new FileError(`${what}: expected the package ${name}, which cannot be loaded; run: npm install ${name}`, {
      cause: error,
    });
  }
}
