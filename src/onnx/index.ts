export { type ExampleInput, type ExportOnnxOptions, exportOnnx, saveOnnx } from './export/export-onnx.js';
export { type ImportOnnxOptions, importOnnx } from './import/import-onnx.js';
export { OnnxModule } from './import/onnx-module.js';
