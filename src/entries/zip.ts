import '../setup.js';
import { bringZip } from '../io/formats/zip/zip-library.js';

bringZip({
  ZipReader: () => import('@zip.js/zip.js/lib/zip-core-reader.js'),
  ZipWriter: () => import('@zip.js/zip.js/lib/zip-core-writer.js'),
});

export { loadTorch, loadWeights, saveNpz, saveTorch } from '../io/weights.js';
