/** The files of JavaScript and their maps, as they go into the folder `dist`. */
export function bundle(folders: {
  readonly root: string;
  readonly src: string;
  readonly dist: string;
}): Promise<{ readonly path: string; readonly contents: Buffer }[]>;
