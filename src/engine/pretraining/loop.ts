import { EngineError } from '../errors.js';
import type { Device } from '../runtime/device.js';
import { writeSafetensors } from '../safetensors.js';
import { checkPretrainingConfig, type PretrainingConfig, scheduleConfigText, unetConfigText } from './config.js';
import { decodeState, encodeState, type PretrainingState } from './state.js';
import { type Images, learningRateAt, PretrainingTrainer } from './trainer.js';

/** What happens in a pretraining, in order. */
export type PretrainingEvent =
  | {
      readonly type: 'start';
      /** The loss of each step that a resumed one has behind it. */
      readonly losses: Float32Array;
    }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'checkpoint';
      readonly step: number;
      /** To resume from. */
      readonly state: Uint8Array;
      /** The model in diffusers' layout, by path in its folder; the weights are the moving average. */
      readonly files: Readonly<Record<string, Uint8Array>>;
    };

/**
 * Trains a DDPM on `images`, from a checkpoint's state where one is given. Yields a checkpoint every `checkpointEvery`
 * steps and after the last one; a finished state gives its checkpoint again. Resumed, it gives the weights and losses of
 * an uninterrupted one, bit for bit on the same device. Throws BAD_USER_INPUT for a configuration that does not work.
 */
export async function* pretrain(
  config: PretrainingConfig,
  images: Images,
  resumed: Uint8Array | null,
  device: Device,
): AsyncGenerator<PretrainingEvent, void, void> {
  checkPretrainingConfig(config);
  const trainer = await PretrainingTrainer.create(config, device);
  try {
    let state = resumed ? decodeState(resumed, config, trainer.unet.specs) : trainer.initial();
    yield { type: 'start', losses: state.losses };
    if (state.step === config.steps) yield checkpoint(state, config);
    while (state.step < config.steps) {
      const start = performance.now();
      state = await trainer.step(state, images);
      const { step } = state;
      const loss = state.losses.at(-1) ?? Number.NaN;
      if (!Number.isFinite(loss))
        throw new EngineError(
          'INTERNAL_SERVER_ERROR',
          `pretraining diverged at step ${step}: the loss is ${loss}. Use a smaller learning rate.`,
        );
      const seconds = (performance.now() - start) / 1000;
      yield { type: 'step', step, loss, learningRate: learningRateAt(config, step), seconds };
      if (step % config.checkpointEvery === 0 || step === config.steps) yield checkpoint(state, config);
    }
  } finally {
    await trainer.release();
  }
}

function checkpoint(state: PretrainingState, config: PretrainingConfig): PretrainingEvent {
  const text = (content: string) => new TextEncoder().encode(content);
  const files = {
    'config.json': text(unetConfigText(config)),
    'scheduler/scheduler_config.json': text(scheduleConfigText(config)),
    'diffusion_pytorch_model.safetensors': writeSafetensors({
      tensors: new Map(Object.entries(state.ema)),
      metadata: { format: 'pt' },
    }),
  };
  return { type: 'checkpoint', step: state.step, state: encodeState(state, config), files };
}
