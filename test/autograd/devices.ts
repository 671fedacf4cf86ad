import { setDeviceSync } from '../../src/index.js';

/** The devices that operations are tested on; importing this makes the first the current one. */
export const devices = ['reference', 'cpu'];

setDeviceSync(devices[0]);
