import { EngineError } from '../../errors.js';
import type { StoredTensor } from '../files/stored-tensor.js';
import type { StateTable } from '../files/torch-file.js';
import type { Architecture } from './architecture.js';
import type { CheckpointSettings } from './checkpoint-settings.js';

export interface ChosenState {
  readonly architecture: Architecture;
  /** Without the prefix of a module that the model was wrapped in. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly warnings: readonly string[];
}

/**
 * The table of a UNet in a checkpoint, `null` if none is of a known code base. Of several it is the one that the settings
 * name, else the averaged one: that of an `ema` key, or the last of a list, as ddim's training appends it.
 */
export function chooseState(
  where: string,
  states: readonly StateTable[],
  { state: told }: CheckpointSettings,
  architectures: readonly Architecture[],
): ChosenState | null {
  const known = states.flatMap(({ path, tensors }) => {
    const found = architectures.map((architecture) => unwrapped(tensors, architecture)).find((unwound) => unwound);
    return found ? [{ path, ...found }] : [];
  });
  if (known.length === 0) return null;
  const paths = known.map(({ path }) => path);
  if (told !== null && !paths.includes(told))
    throw new EngineError('MODEL_INVALID', `${where}: state: expected one of ${paths.join(', ')}, got ${told}.`);
  const chosen =
    known.find(({ path }) => path === told) ??
    known.find(({ path }) => /ema/i.test(path)) ??
    lastOfList(known) ??
    known[0];
  if (!chosen) return null;
  const { path, architecture, tensors } = chosen;
  const others = paths.filter((other) => other !== path).join(', ');
  const warning = `The file holds several sets of weights; ${path} is taken, not ${others}. Write {"state": …} into azimuth.json for another.`;
  return { architecture, tensors, warnings: told === null && known.length > 1 ? [warning] : [] };
}

function lastOfList<T extends { readonly path: string }>(known: readonly T[]): T | undefined {
  return known.every(({ path }) => /^\d+$/.test(path)) ? known.at(-1) : undefined;
}

/** Strips what stands before the architecture's marker, if it stands before every name. */
function unwrapped(
  tensors: ReadonlyMap<string, StoredTensor>,
  architecture: Architecture,
): Pick<ChosenState, 'architecture' | 'tensors'> | null {
  const { marker } = architecture;
  if (tensors.has(marker)) return { architecture, tensors };
  for (const prefix of ['module.', 'model.', 'module.model.']) {
    if (!tensors.has(prefix + marker)) continue;
    const names = [...tensors].map(
      ([name, tensor]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, tensor] as const,
    );
    return { architecture, tensors: new Map(names) };
  }
  return null;
}
