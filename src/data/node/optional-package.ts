import { FileError } from '../../errors.js';

/**
 * Loads a package, or one of its modules, in Node that only some data sets need.
 * @throws FileError that says how to install the package if it cannot be loaded.
 */
export async function optionalPackage<T>(what: string, name: string, module = name): Promise<T> {
  try {
    // not a literal, so that bundlers do not look for the package
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ module);
  } catch (error) {
    throw new FileError(`${what}: expected the package ${name} (run: npm install ${name}), got none that loads`, {
      cause: error,
    });
  }
}
