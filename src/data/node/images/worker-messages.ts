import type { Images, Recipe } from '../../transforms/transform.js';
import type { ImageJob } from './image-reader.js';

/** What a worker receives when it starts. */
export interface ImageWorkerData {
  readonly recipes: readonly Recipe[];
  readonly maxPixels: number;
}

/** Images for the workers to read. Each goes to the worker that claims it. */
export interface ImageRequest {
  /** The number of the first image; the others follow. */
  readonly first: number;
  readonly jobs: readonly ImageJob[];
  /** One integer: how many of the images have been claimed. */
  readonly claimed: SharedArrayBuffer;
}

/** The image, or the class and the message of the error. */
export type ImageReply =
  | { readonly id: number; readonly image: Images }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };
