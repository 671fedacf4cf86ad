/** The JavaScript files of the folder `dist` and their source maps. */
export function bundle(folders: {
  readonly root: string;
  readonly src: string;
  readonly dist: string;
}): Promise<{ readonly path: string; readonly contents: Buffer }[]>;
