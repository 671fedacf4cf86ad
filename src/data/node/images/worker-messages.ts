import type { Images, Recipe } from '../../transforms/transform.js';
import type { ImageJob } from './image-reader.js';

/** What a worker receives when it starts. */
export interface ImageWorkerData {
  readonly recipes: readonly Recipe[];
  readonly maxPixels: number;
}

/** An image for a worker to read. */
export interface ImageRequest extends ImageJob {
  readonly id: number;
}

/** The image, or the class and the message of the error. */
export type ImageReply =
  | { readonly id: number; readonly image: Images }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
