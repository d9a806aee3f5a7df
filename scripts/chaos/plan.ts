import type { Random } from '../support/random.js';

export const KILL_KINDS = ['api', 'worker', 'engine', 'postgres'] as const;
export type KillKind = (typeof KILL_KINDS)[number];
export const DISTURBANCE_KINDS = ['cut', 'stall', 'full'] as const;
export type DisturbanceKind = (typeof DISTURBANCE_KINDS)[number];
export type ActionKind = KillKind | DisturbanceKind;

/** One disturbance of each kind for so many kills, and at least one. */
const KILLS_PER: Readonly<Record<DisturbanceKind, number>> = { cut: 5, stall: 10, full: 15 };

/** `kills` kills, as many of each kind, and what else goes wrong, in an order of chance. */
export function planOf(kills: number, random: Random): ActionKind[] {
  const actions: ActionKind[] = Array.from({ length: kills }, (_, index) => KILL_KINDS[index % 4] as KillKind);
  for (const kind of DISTURBANCE_KINDS)
    for (let n = 0; n < Math.max(1, Math.round(kills / KILLS_PER[kind])); n += 1) actions.push(kind);
  for (let last = actions.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    [actions[last], actions[other]] = [actions[other] as ActionKind, actions[last] as ActionKind];
  }
  return actions;
}

export const isKill = (kind: ActionKind): kind is KillKind => (KILL_KINDS as readonly string[]).includes(kind);
