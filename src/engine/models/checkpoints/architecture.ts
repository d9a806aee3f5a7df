import type { FloatTensor } from '../../graph/tensor.js';
import type { UNetConfig } from '../diffusers-config.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import type { ShapeTable } from './shape-table.js';

/** Where a weight of diffusers' UNet is in a checkpoint: a tensor's name, and what it is made into. */
export interface WeightSource {
  readonly key: string;
  readonly make?: (tensor: FloatTensor) => FloatTensor;
}

/** A checkpoint, understood as a `UNet2DModel`. */
export interface Understood {
  readonly config: UNetConfig;
  /** By diffusers' names. */
  readonly sources: ReadonlyMap<string, WeightSource>;
  /** Tensors of the checkpoint that the model does not use, and need not. */
  readonly ignored: readonly string[];
  /** What was assumed since the weights do not tell, as whole sentences. */
  readonly warnings: readonly string[];
}

/** A code base whose checkpoints are understood. */
export interface Architecture {
  /** As docs/models/checkpoints.md names it. */
  readonly format: string;
  /** A tensor that every checkpoint has, and those of no other code base. */
  readonly marker: string;
  /** Module whose output is h. */
  readonly tap: string;
  /** Throws MODEL_INVALID where the weights are not of a UNet that is built. */
  understand(table: ShapeTable, settings: CheckpointSettings): Understood;
}
