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
  EditRequest,
  EncodedImage,
  Engine,
  ExportedDirection,
  FidelityBaseline,
  FidelityPoint,
  GalleryEvent,
  GradientCheck,
  ImportReport,
  ImportStage,
  MemoryReport,
  ModelDescription,
  ModelRef,
  ReverseProcess,
  SampleCheck,
  Shift,
  ShiftKind,
  StrengthRange,
  SubspaceStart,
  YieldTo,
} from './contract.js';
export { createEngine, engineOn } from './engine.js';
export { EngineError, type EngineErrorCode } from './errors.js';
export type { PretrainingConfig } from './pretraining/config.js';
export { type PretrainingEvent, pretrain } from './pretraining/loop.js';
export { openDevice } from './runtime/device.js';
export { writeSafetensors } from './safetensors.js';
export { STATISTICS_FORWARDS } from './shift/statistics.js';
export { VERIFY_TOLERANCE, verifyModel } from './verify.js';
export { Workload, type WorkloadRequest } from './workload.js';
