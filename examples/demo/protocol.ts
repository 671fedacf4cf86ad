// What the page and its worker tell each other.

/** A device that the menu offers. */
export type DeviceName = 'cpu' | 'gpu:webgpu' | 'gpu:webgl2';

/** One of the two sides that are compared. */
export type SideIndex = 0 | 1;

/** A value for each side. */
export type Pair<T> = readonly [T, T];

/** What decides a comparison. */
export interface Settings {
  readonly device: DeviceName;
  /** Images in a step. */
  readonly batchSize: number;
  readonly sides: Pair<{ readonly optimizer: string; readonly lr: number }>;
}

/** What the page asks of the worker. */
export type Request =
  | { readonly kind: 'train'; readonly settings: Settings }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'export'; readonly side: SideIndex };

/** An entry of the menu of devices; one with a problem cannot be chosen. */
export interface DeviceChoice {
  readonly name: DeviceName;
  readonly label: string;
  readonly problem: string | null;
}

/** An entry of the menu of optimizers, with the learning rate to begin with. */
export interface OptimizerChoice {
  readonly name: string;
  readonly label: string;
  readonly lr: number;
}

/** The menus, once the worker has looked around. */
export interface Menus {
  readonly kind: 'menus';
  readonly devices: readonly DeviceChoice[];
  readonly optimizers: readonly OptimizerChoice[];
  /** What works less well here than it could, for people. */
  readonly notes: readonly string[];
}

/** The test images that the page shows, once all images are there. */
export interface Shown {
  readonly kind: 'images';
  readonly height: number;
  readonly width: number;
  /** Grey values, (N, height, width). */
  readonly pixels: Uint8Array;
  readonly labels: readonly number[];
  readonly trainCount: number;
}

/** A comparison has begun. */
export interface Begun {
  readonly kind: 'begun';
  /** What computes. */
  readonly device: string;
  /** Threads of the processor that compute; null where another device does. */
  readonly threads: number | null;
  /** Parameters of each network. */
  readonly parameters: number;
}

/** Both sides have done a step. */
export interface Stepped {
  readonly kind: 'step';
  /** Steps done so far. */
  readonly step: number;
  readonly losses: Pair<number>;
  /** Seconds that the step took each side. */
  readonly seconds: Pair<number>;
  /** Live and most bytes of tensors on the device. */
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Both sides were tested. */
export interface Tested {
  readonly kind: 'test';
  readonly step: number;
  /** Test images that were classified. */
  readonly count: number;
  /** Shares of them that were classified right. */
  readonly accuracies: Pair<number>;
  /** Classes that each side gives the shown images. */
  readonly guesses: Pair<readonly number[]>;
}

/** What the worker tells the page. */
export type Report =
  | Menus
  | Shown
  | Begun
  | Stepped
  | Tested
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'not-exported'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };
