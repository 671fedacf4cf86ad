import { nodeModule } from '../../platform.js';

/** SHA-256 of bytes, hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return nodeModule('crypto').createHash('sha256').update(bytes).digest('hex');
}
