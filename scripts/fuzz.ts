import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { corpus, type Outcome, run } from '../test/fuzz/corpus.js';
import { optionsOf } from './support/options.js';

/** A case that has not ended by then hangs. */
const PATIENCE_MS = 120_000;
const CHILD = '--child';

/** What the process that runs the cases tells the one that watches it. */
type Message = { readonly index: number; readonly outcome?: Outcome };

const { values } = optionsOf('usage: npm run fuzz -- [--count 5000] [--seed 1] [--only CASE]', {
  options: {
    count: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    [CHILD.slice(2)]: { type: 'boolean', default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];

/** Runs the cases, or the one that `--only` names, and tells of each before and after. */
async function work(): Promise<void> {
  const only = values.only === undefined ? null : Number(values.only);
  for (const one of corpus(seed, only === null ? count : only + 1)) {
    if (only !== null && one.index !== only) continue;
    process.send?.({ index: one.index } satisfies Message);
    process.send?.({ index: one.index, outcome: await run(one) } satisfies Message);
  }
}

/** Watches them from another process, which outlives a crash and ends a hang. */
function watch(child: ChildProcess): Promise<number> {
  const counts = { refused: 0, imported: 0, failed: 0 };
  let current = 0;
  const report = (what: string) => console.error(`case ${current} (--seed ${seed} --only ${current}): ${what}`);
  const hang = () => {
    report(`it hangs: nothing for ${PATIENCE_MS / 1000} s.`);
    child.kill('SIGKILL');
  };
  let timer = setTimeout(hang, PATIENCE_MS);
  child.on('message', ({ index, outcome }: Message) => {
    clearTimeout(timer);
    timer = setTimeout(hang, PATIENCE_MS);
    current = index;
    if (!outcome) return;
    counts[outcome.kind] += 1;
    if (outcome.kind === 'failed') report(`${outcome.title}: ${outcome.message}`);
  });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) report(`the process ended with ${signal ?? code}.`);
      console.log(`${counts.refused} refused, ${counts.imported} imported, ${counts.failed} failed.`);
      resolve(code === 0 && counts.failed === 0 ? 0 : 1);
    });
  });
}

if (values.child) await work();
else process.exit(await watch(fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), CHILD])));
