/**
 * The only door to the engine. Nothing outside `src/engine` imports anything else from it; the engine itself knows no
 * GraphQL and no SQL.
 */

export type {
  DeviceReport,
  DirectionBankRef,
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
  FidelityBaseline,
  FidelityPoint,
  ImportStage,
  Inversion,
  MergedDirection,
  MergeRequest,
  ModelDescription,
  PictureFit,
  PictureFormat,
  ReverseProcess,
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
export { VERIFY_TOLERANCE, verifyModel } from './verify.js';
export { Workload, type WorkloadRequest } from './workload.js';
