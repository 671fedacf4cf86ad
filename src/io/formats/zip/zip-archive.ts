import { expected, FileError, OutOfMemoryError, textOf } from '../../../errors.js';
import { type ByteSource, memorySource, partOf } from '../../byte-source.js';
import { crc32 } from '../../node/crc32.js';
import { type LibraryEntry, zipLibrary } from './zip-library.js';

/** An entry of a zip file. */
export interface ZipEntry {
  readonly name: string;
  /** Size of its content. */
  readonly size: number;
}

/** Bytes that are read at once, for the directory of a file too; bounds what a damaged file can make us allocate. */
const largestRead = 100_000_000;

/** Maximum number of entries, as without Zip64; the package takes 8 kB of memory for each. */
const mostEntries = 65_535;

/** No compressed data become more than 1032 times as large: a deflated block holds 258 bytes in two bits at best. */
const largestRatio = 1032;

const pieceLength = 2 ** 22;

const methods: Readonly<Record<number, string>> = { 0: 'stored', 8: 'deflated' };

/** A zip file, of which entries are read when they are needed. */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #source: ByteSource;
  readonly #found: ReadonlyMap<string, LibraryEntry>;
  readonly #opened = new Map<string, Promise<ByteSource>>();
  readonly #offsets = new Map<LibraryEntry, Promise<number>>();

  private constructor(source: ByteSource, found: ReadonlyMap<string, LibraryEntry>) {
    this.#source = source;
    this.#found = found;
    this.entries = new Map([...found].map(([name, entry]) => [name, { name, size: entry.uncompressedSize }]));
  }

  /**
   * Reads the directory of a zip file.
   * @throws FileError for a file that is damaged, that programs could understand differently, or with entries that are
   * encrypted or compressed in another way than by deflate, and if the package @zip.js/zip.js is missing.
   */
  static async open(source: ByteSource): Promise<ZipArchive> {
    const ZipReader = await zipLibrary(source.name, 'ZipReader');
    const found = new Map<string, LibraryEntry>();
    // names are keys here and never paths, so that any name will do
    const options = { filenameValidation: 'tolerant', useWebWorkers: false };
    try {
      for await (const entry of new ZipReader(readerOf(source), options).getEntriesGenerator()) {
        if (entry.directory) continue;
        const { filename: name, encrypted, compressionMethod: method, compressedSize, uncompressedSize } = entry;
        const where = `${source.name}: entry ${textOf(name)}`;
        if (found.has(name)) throw new FileError(expected(where, 'every name once', 'it twice'));
        if (found.size === mostEntries)
          throw new FileError(expected(source.name, `at most ${mostEntries} entries`, 'more'));
        if (encrypted || !Object.hasOwn(methods, method)) {
          throw new FileError(
            expected(where, 'a stored or deflated one', encrypted ? 'encryption' : `method ${method}`),
          );
        }
        const most = method === 0 ? compressedSize : largestRatio * compressedSize;
        if (uncompressedSize > most || (method === 0 && uncompressedSize < most)) {
          throw new FileError(expected(where, `a size that ${compressedSize} bytes can hold`, `${uncompressedSize}`));
        }
        found.set(name, entry);
      }
    } catch (error) {
      throw failure(source.name, 'a zip file', error);
    }
    return new ZipArchive(source, found);
  }

  /**
   * Opens an entry, whose content is checked against its CRC-32 first. A stored one is read from the file piece by
   * piece, a deflated one is inflated into memory, and stays there unless it is read once only.
   * @throws FileError if there is no such entry, or if it is damaged.
   */
  content(name: string, { once = false } = {}): Promise<ByteSource> {
    let opened = this.#opened.get(name);
    if (!opened) {
      const entry = this.#found.get(name);
      const where = `${this.#source.name}: entry ${textOf(name)}`;
      if (!entry) throw new FileError(`${where}: expected it in the file, got none`);
      opened = entry.compressionMethod === 0 ? this.#stored(entry, where) : this.#inflated(entry, where);
      // a caller that comes later gets the same error
      opened.catch(() => {});
      if (!once) this.#opened.set(name, opened);
    }
    return opened;
  }

  /**
   * Returns the first bytes of an entry, at most `length`, without reading the rest.
   * @throws FileError if there is no such entry, or if it is damaged there.
   */
  async start(name: string, length: number): Promise<Uint8Array> {
    const entry = this.#found.get(name);
    const where = `${this.#source.name}: entry ${textOf(name)}`;
    if (!entry) throw new FileError(`${where}: expected it in the file, got none`);
    const size = Math.min(length, entry.uncompressedSize);
    return entry.compressionMethod === 0
      ? this.#source.read(await this.#dataOffset(entry, where), size)
      : this.#inflate(entry, where, size);
  }

  /** The offset of the data of an entry; entries that overlap are an error. */
  #dataOffset(entry: LibraryEntry, where: string): Promise<number> {
    // once for each entry: the package forgets the place for a moment while it looks it up again
    let offset = this.#offsets.get(entry);
    if (!offset) {
      offset = this.#findData(entry, where);
      this.#offsets.set(entry, offset);
    }
    return offset;
  }

  async #findData(entry: LibraryEntry, where: string): Promise<number> {
    try {
      await entry.getData?.(new WritableStream(), { checkOverlappingEntryOnly: true });
    } catch (error) {
      throw failure(where, 'an entry of its own', error);
    }
    const { localDirectory } = entry;
    if (!localDirectory) throw new FileError(expected(where, 'data', 'none'));
    return localDirectory.dataOffset;
  }

  async #stored(entry: LibraryEntry, where: string): Promise<ByteSource> {
    const start = await this.#dataOffset(entry, where);
    const content = partOf(this.#source, where, start, entry.uncompressedSize);
    let sum = 0;
    for (let at = 0; at < content.size; at += pieceLength) {
      sum = crc32(await content.read(at, Math.min(pieceLength, content.size - at)), sum);
    }
    expectSum(where, entry, sum);
    return content;
  }

  async #inflated(entry: LibraryEntry, where: string): Promise<ByteSource> {
    await this.#dataOffset(entry, where);
    const bytes = await this.#inflate(entry, where, entry.uncompressedSize);
    expectSum(where, entry, crc32(bytes));
    return memorySource(where, bytes);
  }

  /** Inflates the first `length` bytes of an entry. */
  async #inflate(entry: LibraryEntry, where: string, length: number): Promise<Uint8Array> {
    const bytes = allocated(where, length);
    const isPart = length < entry.uncompressedSize;
    let at = 0;
    const sink = new WritableStream<Uint8Array>({
      write(chunk) {
        bytes.set(chunk.subarray(0, length - at), at);
        at += chunk.length;
        if (at > length || (isPart && at === length)) throw new Error('more data than expected');
      },
    });
    try {
      await entry.getData?.(sink, {});
    } catch (error) {
      if (!isPart || at < length) throw failure(where, `${length} deflated bytes`, error);
    }
    return bytes;
  }
}

function allocated(where: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new OutOfMemoryError(expected(where, `memory for ${length} bytes`, String(error)));
  }
}

function expectSum(where: string, { crc32: wanted = 0 }: LibraryEntry, sum: number): void {
  if (sum === wanted) return;
  const text = (value: number) => value.toString(16).padStart(8, '0');
  throw new FileError(expected(where, `CRC-32 ${text(wanted)}`, `${text(sum)}; the file is damaged`));
}

function failure(where: string, wanted: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const { message, reason } = error as { message?: string; reason?: string };
  const got = reason === undefined ? `${message ?? error}` : `${message}: ${reason}`;
  return new FileError(expected(where, wanted, got), { cause: error });
}

/** A source in the form that the package reads: like slices, reads end where the source ends. */
function readerOf(source: ByteSource): object {
  const readUint8Array = async (start: number, length: number): Promise<Uint8Array> => {
    const end = Math.min(start + length, source.size);
    if (!(start >= 0 && end - start <= largestRead)) {
      throw new FileError(expected(source.name, `parts of at most ${largestRead} bytes`, `${length} at ${start}`));
    }
    return source.read(start, Math.max(0, end - start));
  };
  const createReadable = ({ offset = 0, size = source.size }) => {
    let at = offset;
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const bytes = await readUint8Array(at, Math.min(pieceLength, offset + size - at));
        at += bytes.length;
        if (bytes.length > 0) controller.enqueue(bytes);
        if (bytes.length === 0 || at >= offset + size) controller.close();
      },
    });
  };
  return { size: source.size, readUint8Array, createReadable };
}
