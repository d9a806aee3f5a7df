import { killsOf, summaryOf, tablesOf, writeReport } from './chaos/report.js';
import { chaos } from './chaos/run.js';
import { optionsOf, positiveOption } from './support/options.js';

/** Kills everything at random moments while clients work, and holds what is there against what they saw. */
const USAGE = `usage: npm run chaos -- [--kills 40] [--seed 1] [--minutes 60] [--gap MS] [--apis 2] [--workers 3] [--tiny] [--report] [--json] [--quiet]`;

const { values } = optionsOf(USAGE, {
  options: {
    kills: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '60' },
    gap: { type: 'string', default: '2500' },
    apis: { type: 'string', default: '2' },
    workers: { type: 'string', default: '3' },
    report: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'kills' | 'seed' | 'minutes' | 'gap' | 'apis' | 'workers'): number {
  return positiveOption(USAGE, name, values[name]);
}

async function main(): Promise<boolean> {
  const result = await chaos({
    kills: numberOf('kills'),
    seed: numberOf('seed'),
    minutes: numberOf('minutes'),
    gapMs: numberOf('gap'),
    apis: numberOf('apis'),
    workers: numberOf('workers'),
    hasPortraits: !values.tiny,
    isLoud: !values.quiet,
  });
  const summary = summaryOf(result);
  for (const { check, text, around } of result.violations.all)
    console.error(`\n${check}: ${text}\n${around.map((line) => `    ${line}`).join('\n')}`);
  if (result.violations.all.length > 0) console.error(`\nSeed ${summary.seed}. The logs are in ${result.folder}.`);
  if (values.report) writeReport(summary);
  console.log(values.json ? JSON.stringify(summary) : tablesOf(summary));
  return summary.violations.length === 0 && killsOf(summary) === summary.asked;
}

main().then(
  (isWell) => process.exit(isWell ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.stack : error);
    process.exit(1);
  },
);
