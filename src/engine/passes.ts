import { EngineError } from './errors.js';

/**
 * What removes work or memory from a recorded graph or its sessions, and can be left out to see what it gains:
 * `npm run bench -- passes`. Results are the same but for the last bits.
 */
export const PASSES = {
  'sub-pixel': 'upsampling as four 2×2 convolutions of the small image',
  'channel-blocks': 'convolutions and what lies between them in blocks of channels, as the CPU takes them',
  winograd: 'convolutions of many channels along their columns by Winograd’s algorithm',
  'shared-skips': 'what both decoder passes of an asymmetric step make of skips alone, made once',
  'open-extents': 'the first extent of values left open on the CPU',
  'in-place': 'operators write over what they read for the last time',
  'shared-weights': 'large weights in memory that all sessions and threads share',
  'step-checkpoints': 'checkpoints inside a step beyond the memory budget',
  lanes: 'a batch divided among threads, in place of each operator',
} as const;
export type Pass = keyof typeof PASSES;

/** Those named in `AZIMUTH_WITHOUT`, separated by commas. Throws BAD_USER_INPUT on a name that is none. */
function without(): ReadonlySet<string> {
  const names = (process.env['AZIMUTH_WITHOUT'] ?? '').split(',').filter((name) => name !== '');
  const unknown = names.find((name) => !(name in PASSES));
  if (unknown === undefined) return new Set(names);
  throw new EngineError(
    'BAD_USER_INPUT',
    `AZIMUTH_WITHOUT: expected some of ${Object.keys(PASSES).join(', ')}, got ${JSON.stringify(unknown)}.`,
  );
}

/** Whether a pass is applied: all are, unless the environment says otherwise. */
export function applies(pass: Pass): boolean {
  return !without().has(pass);
}
