import { describe, expect, it } from 'vitest';
import { corpus, type Outcome, run } from './corpus.js';

/** `npm run fuzz -- --count N --seed S` runs more of them. */
const [COUNT, SEED] = [700, 1];
/** Memory of the process over all cases, beyond what it had before the first one. */
const MAX_GROWTH_MIB = 1024;

describe('broken and hostile models', () => {
  it('end in a refusal that says why, or in a correct import, within their memory', async () => {
    const before = process.resourceUsage().maxRSS;
    const outcomes: Outcome[] = [];
    for (const one of corpus(SEED, COUNT)) outcomes.push(await run(one));
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([]);
    expect(outcomes.length).toBe(COUNT);
    const count = (kind: Outcome['kind']) => outcomes.filter((outcome) => outcome.kind === kind).length;
    expect(count('refused')).toBeGreaterThan(COUNT / 2);
    expect(count('imported')).toBeGreaterThan(COUNT / 50);
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(MAX_GROWTH_MIB);
  }, 600_000);
});
