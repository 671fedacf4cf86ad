import { FileError } from '../../errors.js';
import { nodeModule } from '../../platform.js';

/**
 * Returns the folder for fetched data: the environment variable ANTINODE_CACHE, or `antinode` in the system's cache
 * folder (XDG_CACHE_HOME or ~/.cache; ~/Library/Caches on macOS; %LOCALAPPDATA% on Windows). The folder need not exist.
 */
export function cacheFolder(): string {
  const { join, resolve } = nodeModule('path');
  const { ANTINODE_CACHE: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (own) return resolve(own);
  if (xdg) return join(resolve(xdg), 'antinode');
  if (process.platform === 'win32' && local) return join(local, 'antinode', 'Cache');
  const home = nodeModule('os').homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'antinode') : join(home, '.cache', 'antinode');
}

/**
 * Creates a folder in the cache, or the cache folder itself.
 * @throws FileError if that is not possible.
 */
export async function makeCacheFolder(folder: string): Promise<void> {
  try {
    await nodeModule('fs/promises').mkdir(folder, { recursive: true });
  } catch (error) {
    throw new FileError(`${folder}: expected a cache folder that can be written to (ANTINODE_CACHE), got ${error}`, {
      cause: error,
    });
  }
}
