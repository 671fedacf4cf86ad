import type { Dirent } from 'node:fs';
import { FileError } from '../../../errors.js';
import { nodeModule } from '../../../platform.js';

/** The images of a folder with one sub-folder per class. */
export interface ListedImages {
  /** Names of the sub-folders, sorted. */
  readonly classes: readonly string[];
  /** Paths relative to the folder, with slashes. */
  readonly files: readonly string[];
  /** The class of each file, by number. */
  readonly labels: Int32Array;
}

const readable = /\.(jpe?g|png)$/i;
const unreadable = /\.(bmp|gif|pgm|ppm|tiff?|webp)$/i;

/**
 * Lists the images in the sub-folders of `dir` and, by class, in all folders below them, in the order of torchvision:
 * by folder, then by name. Links are followed, except to a folder that contains the link. Files with other extensions
 * and names that begin with a dot are left out.
 * @throws FileError for a folder that cannot be read or has no sub-folder, for a class without images unless
 * `allowEmpty`, for images in formats that cannot be read, and for links that lead nowhere.
 */
export async function listImages(dir: string, allowEmpty: boolean): Promise<ListedImages> {
  const { join } = nodeModule('path');
  const real = await readReal(dir);
  const { folders } = await readFolder(dir, real);
  const classes = folders.map(({ name }) => name);
  if (classes.length === 0) {
    throw new FileError(`${dir}: expected a folder with one sub-folder per class, got one without sub-folders`);
  }
  const files: string[] = [];
  const labels: number[] = [];
  for (const [label, { name, real: own }] of folders.entries()) {
    const found = await listBelow(join(dir, name), name, [real, own]);
    if (found.length === 0 && !allowEmpty) {
      throw new FileError(
        `${join(dir, name)}: expected images (.jpg, .jpeg or .png) of the class ${name}, got none (allowEmpty: true allows that)`,
      );
    }
    for (const file of found) {
      files.push(file);
      labels.push(label);
    }
  }
  return { classes, files, labels: Int32Array.from(labels) };
}

/** Lists the images in a folder and below it; `relative` is its path from the root, `above` the real paths to it. */
async function listBelow(path: string, relative: string, above: readonly string[]): Promise<string[]> {
  const { join } = nodeModule('path');
  const byFolder = new Map<string, string[]>();
  const visit = async (folder: string, from: string, chain: readonly string[]): Promise<void> => {
    const { folders, images } = await readFolder(folder, chain[chain.length - 1]);
    byFolder.set(from, images);
    for (const { name, real } of folders) {
      if (!chain.includes(real)) await visit(join(folder, name), `${from}/${name}`, [...chain, real]);
    }
  };
  await visit(path, relative, above);
  return [...byFolder.keys()].sort().flatMap((from) => (byFolder.get(from) ?? []).map((name) => `${from}/${name}`));
}

interface Folder {
  readonly name: string;
  /** Its path without links. */
  readonly real: string;
}

/** Reads one folder, whose path without links is `real`: its sub-folders and images by name, sorted. */
async function readFolder(path: string, real: string): Promise<{ folders: Folder[]; images: string[] }> {
  const { join } = nodeModule('path');
  const folders: Folder[] = [];
  const images: string[] = [];
  for (const entry of await entriesOf(path)) {
    const { name } = entry;
    if (name.startsWith('.')) continue;
    const isLink = entry.isSymbolicLink();
    const kind = isLink ? await targetOf(join(path, name)) : entry;
    if (kind?.isDirectory()) {
      folders.push({ name, real: isLink ? await readReal(join(path, name)) : join(real, name) });
    } else if (kind === null || kind.isFile()) {
      if (unreadable.test(name)) {
        throw new FileError(
          `${join(path, name)}: expected JPEG or PNG images, got ${name.replace(/.*\./, 'the format ')}`,
        );
      }
      if (!readable.test(name)) continue;
      if (kind === null) throw new FileError(`${join(path, name)}: expected an image, got a link that leads nowhere`);
      images.push(name);
    }
  }
  const byName = (a: Folder, b: Folder) => (a.name < b.name ? -1 : 1);
  return { folders: folders.sort(byName), images: images.sort() };
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await nodeModule('fs/promises').readdir(path, { withFileTypes: true });
  } catch (error) {
    throw new FileError(`${path}: expected a folder that can be read, got ${error}`, { cause: error });
  }
}

/** What a link leads to; null if nowhere. */
function targetOf(path: string): Promise<{ isDirectory(): boolean; isFile(): boolean } | null> {
  return nodeModule('fs/promises')
    .stat(path)
    .catch(() => null);
}

async function readReal(path: string): Promise<string> {
  try {
    return await nodeModule('fs/promises').realpath(path);
  } catch (error) {
    throw new FileError(`${path}: expected a folder that can be read, got ${error}`, { cause: error });
  }
}
