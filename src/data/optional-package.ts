import { FileError } from '../errors.js';

/**
 * Loads a package in Node that only some data sets need.
 * @throws FileError that says how to install the package if it cannot be loaded.
 */
export async function optionalPackage<T>(what: string, name: string): Promise<T> {
  try {
    // not a literal, so that bundlers do not look for the package
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  } catch (error) {
    throw new FileError(`${what}: expected the package ${name} (run: npm install ${name}), got none that loads`, {
      cause: error,
    });
  }
}
