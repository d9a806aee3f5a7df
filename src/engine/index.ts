/**
 * The only door to the engine. Nothing outside `src/engine` imports anything else from it; the engine itself knows no
 * GraphQL and no SQL.
 */

export type {
  BackgroundOptions,
  DeviceReport,
  DirectionBankRef,
  DirectionFileContent,
  DirectionRecord,
  DirectionScore,
  DiscoveryConfig,
  DiscoveryEstimate,
  DiscoveryEvent,
  DiscoveryMethod,
  EditEvent,
  EditFrame,
  EditRequest,
  EditResult,
  EncodedImage,
  Engine,
  ExportedDirection,
  FidelityBaseline,
  FidelityPoint,
  GalleryEvent,
  GradientCheck,
  ImportReport,
  ImportStage,
  Inversion,
  MemoryReport,
  MergedDirection,
  MergeRequest,
  ModelDescription,
  ModelRef,
  PictureFit,
  PictureFormat,
  ReverseProcess,
  SampleCheck,
  Shift,
  ShiftKind,
  StrengthRange,
  SubspaceStart,
  SweepEvent,
  SweepRequest,
  YieldTo,
} from './contract.js';
export { createEngine, engineOn } from './engine.js';
export { EngineError, type EngineErrorCode } from './errors.js';
export type { PretrainingConfig } from './pretraining/config.js';
export { type PretrainingEvent, pretrain } from './pretraining/loop.js';
export { openDevice } from './runtime/device.js';
export { writeSafetensors } from './safetensors.js';
export { STATISTICS_FORWARDS } from './shift/statistics.js';
export { ONNX_EXPORT, VERIFY_TOLERANCE, verifyModel } from './verify.js';
export { Workload, type WorkloadRequest } from './workload.js';
