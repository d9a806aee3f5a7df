import { describe, expect, it } from 'vitest';
import type { SeenEvent } from '../../scripts/chaos/client/operations.js';
import { Ledger, type Sequence } from '../../scripts/chaos/ledger.js';

const ID = 'run';
const status = (seq: number, name: string): SeenEvent => ({
  __typename: 'StatusChanged',
  seq,
  at: new Date(0).toISOString(),
  status: name,
});

function seen(...events: readonly SeenEvent[]): Ledger {
  const ledger = new Ledger();
  ledger.addRun(ID, 'edit', 'key');
  for (const event of events) ledger.see(sequence(), event);
  return ledger;
}

const sequence = (): Sequence => ({ runId: ID, client: 'client', events: [], reconnections: 0, isComplete: false });

describe('a run whose worker was killed', () => {
  it('has not gone on while nothing was seen since, or only that it waits', () => {
    const running = [status(1, 'QUEUED'), status(2, 'RUNNING')];
    expect(seen(...running).hasGoneOn(ID, 2)).toBe(false);
    expect(seen(...running, status(3, 'QUEUED')).hasGoneOn(ID, 2)).toBe(false);
  });

  it('has gone on when it was taken up again, or ended', () => {
    const taken = seen(status(1, 'QUEUED'), status(2, 'RUNNING'), status(3, 'QUEUED'), status(4, 'RUNNING'));
    expect(taken.hasGoneOn(ID, 2)).toBe(true);
  });

  it('has gone on when it ended between the look at who has it and the kill', () => {
    expect(seen(status(1, 'QUEUED'), status(2, 'RUNNING'), status(3, 'SUCCEEDED')).hasGoneOn(ID, 2)).toBe(true);
  });

  it('is not taken back by who comes late and sees its beginning again', () => {
    const ledger = seen(status(1, 'QUEUED'), status(2, 'RUNNING'), status(3, 'SUCCEEDED'), status(1, 'QUEUED'));
    expect(ledger.runs.get(ID)).toMatchObject({ status: 'SUCCEEDED', statusSeq: 3 });
    expect(ledger.hasGoneOn(ID, 2)).toBe(true);
  });
});

describe('a subscription when its user has gone', () => {
  const watched = (isComplete: boolean): Ledger => {
    const ledger = new Ledger();
    ledger.sequences.push({ ...sequence(), isComplete });
    return ledger;
  };

  it('is waited for while its run goes on, and until it has the end of one that is over', () => {
    expect(watched(false).unfinished(() => 'RUNNING')).toHaveLength(1);
    expect(watched(false).unfinished(() => 'SUCCEEDED')).toHaveLength(1);
    expect(watched(true).unfinished(() => 'SUCCEEDED')).toEqual([]);
  });

  it('is not waited for when its run is left paused, or gone', () => {
    expect(watched(false).unfinished(() => 'PAUSED')).toEqual([]);
    expect(watched(false).unfinished(() => undefined)).toEqual([]);
  });
});
