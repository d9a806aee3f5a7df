import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What a script was given. `--help` prints its usage and ends it; an option that it does not know does so as a failure. */
export function optionsOf<Config extends ParseArgsConfig>(usage: string, config: Config) {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(1);
  }
}

/** Throws, with the usage, what is not a number above 0. */
export function positiveOption(usage: string, name: string, given: string): number {
  const value = Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name}: expected a number above 0, got "${given}".\n${usage}`);
}
