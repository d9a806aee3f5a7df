/**
 * The only door to the engine. Nothing outside `src/engine` imports anything else from it; the engine itself knows no
 * GraphQL and no SQL.
 */
export { EngineError, type EngineErrorCode } from './errors.js';
export type {
  DeviceReport,
  DirectionBankRef,
  DirectionScore,
  DiscoveryConfig,
  DiscoveryEvent,
  EditEvent,
  EditRequest,
  EncodedImage,
  ImportStage,
  ModelDescription,
  Engine,
  ReverseProcess,
  Shift,
  ShiftKind,
  YieldTo,
} from './contract.js';
export { createEngine } from './engine.js';
