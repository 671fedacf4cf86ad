import { ShapeError } from '../../../errors.js';
import { nodeModule } from '../../../platform.js';
import { Generator } from '../../../tensor/random.js';
import { type Images, type Recipe, stagesOf, type Transform } from '../../transforms/transform.js';
import { prepare, readImage } from './image-reader.js';
import { ImageWorkers } from './image-workers.js';

/** How images are prepared. */
export interface Preparation {
  readonly transform: Transform | undefined;
  readonly maxPixels: number;
}

/** Makes batches of image files. */
export interface ImageBatches {
  /**
   * Reads images of one size. Draws from `generator` before it returns the promise.
   * @throws FileError for a file that is no readable image, ShapeError for images of several sizes, and errors of the
   * transform; each names the file.
   */
  read(paths: readonly string[], generator: Generator): Promise<Images>;
  /** Ends its threads. */
  close(): void;
}

/**
 * Opens image files for reading in `workers` threads, or in the calling thread for 0 and where there are no threads. The
 * stages of the transform up to the first without a recipe run in the threads, the others in the calling thread; each
 * image has random numbers of its own, so threads do not change the result.
 */
export function openImages({ transform, maxPixels }: Preparation, workers = usualWorkers()): ImageBatches {
  const stages = stagesOf(transform);
  const split = stages.findIndex(({ recipe }) => recipe === undefined);
  const [first, rest] = split < 0 ? [stages, []] : [stages.slice(0, split), stages.slice(split)];
  const isRandom = stages.some(({ random }) => random);
  const pool = workers > 0 ? startWorkers(workers, first, maxPixels) : null;
  return {
    async read(paths, generator) {
      const draw = () => (isRandom ? drawSeed(generator) : 0);
      const jobs = paths.map((path) => ({ path, seed: draw(), later: draw() }));
      const out = new Gathered(paths.length);
      const add = async (i: number, reading: Promise<Images>) => {
        const { path, later } = jobs[i];
        const image = await reading;
        out.add(i, rest.length > 0 ? prepare(image, rest, new Generator(later), path) : image, path);
      };
      if (pool) await allInOrder(pool.read(jobs).map((reading, i) => add(i, reading)));
      else for (const [i, job] of jobs.entries()) await add(i, readImage(job, first, maxPixels));
      return out.images();
    },
    close: () => pool?.close(),
  };
}

/** The number of threads if the program does not say: one per core, up to four. */
function usualWorkers(): number {
  return Math.min(4, nodeModule('os').availableParallelism());
}

function startWorkers(count: number, stages: readonly Transform[], maxPixels: number): ImageWorkers | null {
  const recipes = stages.flatMap(({ recipe }): readonly Recipe[] => (recipe ? [recipe] : []));
  try {
    return new ImageWorkers(count, { recipes, maxPixels });
  } catch {
    return null;
  }
}

function drawSeed(generator: Generator): number {
  const high = generator.below(2 ** 21);
  return high * 2 ** 32 + generator.below(2 ** 32);
}

/** Waits for all; of several errors, throws that of the first, so that it does not depend on the threads. */
async function allInOrder(promises: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(promises)) if (result.status === 'rejected') throw result.reason;
}

/** A batch that is filled image by image. */
class Gathered {
  readonly #count: number;
  #data: Float32Array | null = null;
  /** The images that have another size than the first that arrived, with their paths, and the first. */
  readonly #shapes: { readonly path: string; readonly shape: string }[];
  #like: Images | null = null;

  constructor(count: number) {
    this.#count = count;
    this.#shapes = new Array(count);
  }

  /** Adds image `i`, converted to floats as `toFloat` does. */
  add(i: number, image: Images, path: string): void {
    const { data, channels, height, width } = image;
    this.#shapes[i] = { path, shape: `${channels} x ${height} x ${width}` };
    this.#like ??= { ...image, count: this.#count };
    const like = this.#like;
    if (like.channels !== channels || like.height !== height || like.width !== width) return;
    this.#data ??= new Float32Array(this.#count * data.length);
    if (data instanceof Float32Array) this.#data.set(data, i * data.length);
    else for (let k = 0, to = i * data.length; k < data.length; k++) this.#data[to + k] = data[k] / 255;
  }

  images(): Images {
    const [first] = this.#shapes;
    const other = this.#shapes.find(({ shape }) => shape !== first.shape);
    if (other) {
      throw new ShapeError(
        `imageFolder: expected images of one size after the transform (such as randomResizedCrop, or resize and ` +
          `centerCrop), got ${first.shape} from ${first.path} and ${other.shape} from ${other.path}`,
      );
    }
    return { ...(this.#like as Images), data: this.#data as Float32Array };
  }
}
