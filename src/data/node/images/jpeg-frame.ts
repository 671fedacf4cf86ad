/** What the headers of a JPEG file say about its image. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** How often the decoder has to go over the image: once per scan. */
  readonly scans: number;
}

const marker = { startOfImage: 0xd8, endOfImage: 0xd9, startOfScan: 0xda, huffman: 0xc4, arithmetic: 0xcc, jpg: 0xc8 };

/** Markers without data: restart markers, start and end of the image, and one for temporary use. */
const isBare = (code: number) => (code >= 0xd0 && code <= marker.endOfImage) || code === 0x01;

const isFrame = (code: number) =>
  code >= 0xc0 && code <= 0xcf && code !== marker.huffman && code !== marker.arithmetic && code !== marker.jpg;

/**
 * Reads the headers of a JPEG file without decoding it; null if there is none for an image, or if there are several,
 * which may contradict each other.
 */
export function jpegFrame(bytes: Uint8Array): JpegFrame | null {
  let frame: Omit<JpegFrame, 'scans'> | null = null;
  let scans = 0;
  // compressed data contain 0xff only before 0, before restart markers and before the next header
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const code = bytes[at + 1];
    if (code === 0xff) at++;
    else if (code === 0 || isBare(code)) at += 2;
    else {
      if (at + 3 >= bytes.length) break;
      const length = bytes[at + 2] * 256 + bytes[at + 3];
      if (code === marker.startOfScan) scans++;
      if (isFrame(code)) {
        if (frame !== null || length < 8 || at + 2 + length > bytes.length) return null;
        const u16 = (offset: number) => bytes[at + offset] * 256 + bytes[at + offset + 1];
        frame = { height: u16(5), width: u16(7), components: bytes[at + 9] };
      }
      at += 2 + length;
    }
    if (code === marker.endOfImage) break;
  }
  return frame && { ...frame, scans };
}
