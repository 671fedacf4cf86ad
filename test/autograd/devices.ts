import { setDeviceSync } from '../../src/index.js';

/** The devices on which operations are tested; importing this file makes the first one current. */
export const devices = ['reference', 'cpu'];

setDeviceSync(devices[0]);
