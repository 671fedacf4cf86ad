import { DeviceError } from '../../../errors.js';
import { isNode } from '../../../platform.js';

/** The error of a part that the backend needs and does not find. */
export function missing(what: string, got: string, cause?: unknown): DeviceError {
  return new DeviceError(`gpu: expected ${what}, got ${got}`, { cause });
}

/** The error of an optional package whose import failed with `cause`: it is not there, or does not load here. */
export function missingPackage(name: string, cause: unknown): DeviceError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const absent = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`package '${name}'`);
  if (absent) return missing(`the package ${name} (run: npm install ${name})`, 'none', cause);
  const bundled = isNode ? '' : "; pages made by a bundler also import 'antinode/gpu'";
  return missing(`the package ${name} to load (npm install ${name}${bundled})`, message.split('\n')[0], cause);
}
