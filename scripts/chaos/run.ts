import { setMaxListeners } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Random } from '../support/random.js';
import { bytesCheck } from './checks/bytes.js';
import type { CheckParts } from './checks/check.js';
import { endsCheck } from './checks/ends.js';
import { imagesCheck } from './checks/images.js';
import { leftoversCheck, processesOf } from './checks/leftovers.js';
import { mutationsCheck } from './checks/mutations.js';
import { sequencesCheck, untilFollowed } from './checks/sequences.js';
import { User } from './client/user.js';
import { Cluster } from './cluster/cluster.js';
import { Crowd } from './crowd.js';
import { Ledger } from './ledger.js';
import { type ActionKind, isKill, planOf } from './plan.js';
import { probeOf } from './probe.js';
import { Recoveries } from './recovery.js';
import { type StrikeParts, strike } from './strikes.js';
import { Timeline } from './timeline.js';
import { Violations } from './violations.js';
import { prepare } from './world.js';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** No kill later than so long after the first. */
  readonly minutes: number;
  /** Mean time between two strikes. */
  readonly gapMs: number;
  readonly apis: number;
  readonly workers: number;
  /** Whether the model that ships is trained on too, and not only one of 8 × 8 pixels. */
  readonly hasPortraits: boolean;
  readonly isLoud: boolean;
}

export interface ChaosResult {
  readonly options: ChaosOptions;
  readonly seconds: number;
  /** Load average before anything was started. */
  readonly loadBefore: number;
  readonly done: readonly ActionKind[];
  readonly hasQuota: boolean;
  readonly ledger: Ledger;
  readonly recoveries: Recoveries;
  readonly violations: Violations;
  /** Where the logs are, if something was wrong. */
  readonly folder: string;
}

/** The references may take so long. */
const PREPARATION_MS = 1_200_000;
/** What is under way when the last kill has been done may take as long as something happens at least so often, */
const QUIET_MS = 120_000;
/** and no longer than this. */
const GRACE_MS = 900_000;
/** Upon these everything is stopped: nothing is left running. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const CHECKS = {
  mutations: mutationsCheck,
  sequences: sequencesCheck,
  ends: endsCheck,
  images: imagesCheck,
  bytes: bytesCheck,
  leftovers: leftoversCheck,
};

/** Starts everything, kills it again and again under its users, and then holds what is there against what they saw. */
export async function chaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-chaos-'));
  // PostgreSQL, started by root, runs as nobody.
  chmodSync(folder, 0o755);
  const timeline = new Timeline(options.isLoud);
  const violations = new Violations(timeline);
  const [start, loadBefore = 0] = [Date.now(), loadavg()[0]];
  const cluster = await Cluster.start({ ...options, folder, timeline });
  const interrupt = () => void cluster.stop().finally(() => process.exit(130));
  for (const name of SIGNALS) process.once(name, interrupt);
  const facts = { options, ledger: new Ledger(), recoveries: new Recoveries(timeline, violations), violations, folder };
  try {
    const done = await live({ ...facts, cluster, timeline });
    return {
      ...facts,
      done,
      loadBefore,
      hasQuota: cluster.quota !== null,
      seconds: Math.round((Date.now() - start) / 1000),
    };
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
    for (const name of await cluster.stop()) violations.report('leftovers', `${name} did not end when it was asked to`);
    for (const left of processesOf(folder)) violations.report('leftovers', `a process is left: ${left}`);
    if (violations.all.length === 0) rmSync(folder, { recursive: true, force: true });
  }
}

type Scene = Pick<ChaosResult, 'options' | 'ledger' | 'recoveries' | 'violations'> & {
  readonly cluster: Cluster;
  readonly timeline: Timeline;
};

async function live({ options, ledger, recoveries, violations, cluster, timeline }: Scene): Promise<ActionKind[]> {
  const { seed } = options;
  const over = new AbortController();
  const deadline = new AbortController();
  // Every subscription and every question listens to it.
  setMaxListeners(0, deadline.signal);
  const bound = globalThis.setTimeout(() => deadline.abort(), PREPARATION_MS);
  const common = { url: cluster.front.url, ledger, violations, deadline: deadline.signal };
  const crowd = new Crowd({ ...common, seed }, over.signal);
  const world = await prepare(crowd.user('first user'), timeline, options.hasPortraits);
  clearTimeout(bound);
  timeline.note('the references are there; everybody begins');
  crowd.start(world);
  const probe = probeOf(cluster.front.url, world);
  const random = new Random(seed);
  const done = await strikeAll({ cluster, ledger, recoveries, timeline, random, probe }, options);
  over.abort();
  ledger.seenAtMs = Date.now();
  const end = Date.now() + GRACE_MS;
  const grace = setInterval(() => {
    if (Date.now() > Math.min(end, ledger.seenAtMs + QUIET_MS)) deadline.abort();
  }, 1000);
  await crowd.ended();
  await recoveries.settled();
  await untilFollowed({ cluster, ledger }, deadline.signal);
  timeline.note('everybody has ended');
  clearInterval(grace);
  deadline.abort();
  await crowd.close();
  const user = new User({ ...common, name: 'auditor', random, deadline: AbortSignal.timeout(GRACE_MS) });
  await check({ cluster, ledger, violations, user, world });
  return done;
}

async function strikeAll(parts: StrikeParts, { kills, minutes, gapMs }: ChaosOptions): Promise<ActionKind[]> {
  const { random, timeline } = parts;
  const done: ActionKind[] = [];
  const end = Date.now() + minutes * 60_000;
  for (const kind of planOf(kills, random)) {
    // Moments of chance: the gaps of a Poisson process, within bounds.
    await setTimeout(Math.min(gapMs * 4, 100 - gapMs * Math.log(1 - random.next())));
    if (Date.now() > end) break;
    if (await strike(kind, parts)) done.push(kind);
    else timeline.note(`nothing to strike: ${kind}`);
  }
  timeline.note(`${done.filter(isKill).length} kills done`);
  return done;
}

async function check(parts: CheckParts): Promise<void> {
  for (const [name, look] of Object.entries(CHECKS)) {
    await look(parts).catch((error: Error) =>
      parts.violations.report(name, `could not be checked: ${error.stack}`, null),
    );
  }
}
