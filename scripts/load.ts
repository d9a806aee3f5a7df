import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/storage/index.js';
import { Child } from './load/child.js';
import { azimuthRound, bareRound, type Load, type Round } from './load/fan-out.js';
import { type Requests, requests, requestTable } from './load/requests.js';
import { Source } from './load/source.js';
import { table } from './load/table.js';
import { optionsOf } from './support/options.js';

/** Many subscribers, many requests, on a server of its own; beside a bare ws server, in turns. Never part of the tests. */
const USAGE =
  'usage: npm run load -- [--subscribers 100,1000] [--events 200] [--rate 20] [--rounds 3] [--processes 2] [--seconds 5] [--json]';

const { values } = optionsOf(USAGE, {
  options: {
    subscribers: { type: 'string', default: '100,1000' },
    events: { type: 'string', default: '200' },
    rate: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    processes: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

export interface Cell {
  readonly azimuth: readonly Round[];
  readonly bare: readonly Round[];
}

/** Subscribers and events. */
async function fanOut(): Promise<Cell[]> {
  const folder = mkdtempSync(join(tmpdir(), 'azimuth-load-'));
  const database = await openDatabase({ databaseUrl: null, dataDir: folder });
  const [server, bare] = [Child.start('server-process'), Child.start('bare-process')];
  const clients = Array.from({ length: Number(values.processes) }, () => Child.start('client-process'));
  try {
    const url = await server.ask<string>({ type: 'start', databaseUrl: database.url, dataDir: folder });
    const bareUrl = await bare.ask<string>({ type: 'start' });
    const source = await Source.open(database.url, url);
    const cells: Cell[] = [];
    for (const subscribers of values.subscribers.split(',').map(Number)) {
      const load: Load = { subscribers, events: Number(values.events), perSecond: Number(values.rate) };
      const cell = { azimuth: [] as Round[], bare: [] as Round[] };
      for (let round = 0; round < Number(values.rounds); round += 1) {
        const ours = await azimuthRound({ server, url, source, clients }, load);
        cell.azimuth.push(ours);
        cell.bare.push(await bareRound({ server: bare, url: bareUrl, clients }, load, ours.sample));
      }
      cells.push(cell);
    }
    await source.close();
    return cells;
  } finally {
    for (const child of [...clients, bare, server]) await child.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Requests and edits. */
async function answers(): Promise<Requests> {
  const bare = Child.start('bare-process');
  try {
    return await requests(bare, Number(values.seconds));
  } finally {
    await bare.stop();
  }
}

async function main(): Promise<void> {
  const cells = await fanOut();
  console.log(table(cells));
  const asked = await answers();
  console.log(`\n${requestTable(asked)}`);
  if (values.json) console.log(JSON.stringify({ cells, requests: asked }));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
