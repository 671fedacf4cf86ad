// The messages between the page and its worker.

/** A device that the menu offers. */
export type DeviceName = 'cpu' | 'gpu:webgpu' | 'gpu:webgl2';

/** One of the two sides that are compared. */
export type SideIndex = 0 | 1;

/** A value for each side. */
export type Pair<T> = readonly [T, T];

/** The settings of a comparison. */
export interface Settings {
  readonly device: DeviceName;
  /** Images per step. */
  readonly batchSize: number;
  readonly sides: Pair<{ readonly optimizer: string; readonly lr: number }>;
}

/** The messages from the page to the worker. */
export type Request =
  | { readonly kind: 'train'; readonly settings: Settings }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'export'; readonly side: SideIndex };

/** An entry of the device menu. A device with a problem cannot be chosen. */
export interface DeviceChoice {
  readonly name: DeviceName;
  readonly label: string;
  readonly problem: string | null;
}

/** An entry of the optimizer menu, with the learning rate to suggest. */
export interface OptimizerChoice {
  readonly name: string;
  readonly label: string;
  readonly lr: number;
}

/** The menus, sent once the worker knows which devices are available. */
export interface Menus {
  readonly kind: 'menus';
  readonly devices: readonly DeviceChoice[];
  readonly optimizers: readonly OptimizerChoice[];
  /** Limitations of this browser or page, as text for the user. */
  readonly notes: readonly string[];
}

/** The test images that the page shows, sent once all images are loaded. */
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
  /** Description of the device. */
  readonly device: string;
  /** Number of CPU threads that compute; null for other devices. */
  readonly threads: number | null;
  /** Parameters of each network. */
  readonly parameters: number;
}

/** Both sides have completed a step. */
export interface Stepped {
  readonly kind: 'step';
  /** Steps done so far. */
  readonly step: number;
  readonly losses: Pair<number>;
  /** Seconds that the step took on each side. */
  readonly seconds: Pair<number>;
  /** Current and peak bytes of tensors on the device. */
  readonly bytes: number;
  readonly peakBytes: number;
}

/** Both sides were tested. */
export interface Tested {
  readonly kind: 'test';
  readonly step: number;
  /** Test images that were classified. */
  readonly count: number;
  /** Shares of these images that each side classified correctly. */
  readonly accuracies: Pair<number>;
  /** Classes that each side predicts for the shown images. */
  readonly guesses: Pair<readonly number[]>;
}

/** The messages from the worker to the page. */
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
