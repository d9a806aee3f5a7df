import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SESSION_PROCESS } from '../../src/jobs/session-process.js';
import { packageFile } from '../../src/package.js';
import { median } from './contender.js';

const THREADS = 2;
const SAMPLING_STEPS = 5;
/** Of Azimuth; the peer, a straightforward loop, has those of all steps. */
const GRADIENT_STEPS = 2;
/** Training steps of the peer, whose accuracy after them is the aim, and steps of each in a turn. */
const PEER_STEPS = 400;
const PEER_TURN = 50;
const TURN = 25;
/** Where Azimuth does not get there. */
const MOST_STEPS = 1000;
/** Batches of eight fresh samples. */
const EVALUATED_BATCHES = 32;

export interface AccuracyResult {
  readonly seed: number;
  readonly peerAccuracy: number;
  readonly peerSeconds: number;
  readonly accuracy: number;
  readonly steps: number;
  readonly seconds: number;
  /** Of {@link seconds} and {@link peerSeconds}. */
  readonly ratio: number;
  /** Of what each measures before its first step. */
  readonly startSeconds: number;
  readonly peerStartSeconds: number;
}

/**
 * Time to the accuracy, on fresh samples, that a straightforward training loop in PyTorch reaches in 400 steps, of a discovery whose
 * gradient goes through the last sampling steps alone; both in turns of 25 and 50 steps. Measuring the accuracy is not counted.
 */
export async function accuracy({ python, seeds }: { readonly python: string; readonly seeds: number }) {
  const results: AccuracyResult[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const result = await race(python, seed);
    results.push(result);
    const own = `${result.accuracy.toFixed(3)} in ${result.steps} steps, ${result.seconds.toFixed(0)} s`;
    const peer = `${result.peerAccuracy.toFixed(3)} in ${PEER_STEPS} steps, ${result.peerSeconds.toFixed(0)} s`;
    console.log(`seed ${seed}: Azimuth ${own}; PyTorch ${peer}; ratio ${result.ratio.toFixed(2)}`);
  }
  const ratio = median(results.map((result) => result.ratio));
  console.log(`median ratio ${ratio.toFixed(2)}`);
  return { ratio, results };
}

async function race(python: string, seed: number): Promise<AccuracyResult> {
  const model = packageFile('models/portraits-32');
  const args = [model, String(THREADS), String(seed), String(SAMPLING_STEPS)];
  const script = packageFile('dist/scripts/bench/discovery-process.js');
  const azimuth = new Learner(
    process.execPath,
    [...SESSION_PROCESS.execArgv, script, ...args, String(GRADIENT_STEPS)],
    SESSION_PROCESS.env,
  );
  const { startSeconds } = await azimuth.ready();
  const peer = new Learner(python, ['-m', 'pytorch.discovery', ...args], { PYTHONDONTWRITEBYTECODE: '1' });
  const { startSeconds: peerStartSeconds } = await peer.ready();
  try {
    const turns: Turn[] = [];
    let peerSeconds = 0;
    for (let step = 0; step < PEER_STEPS; step += PEER_TURN) {
      peerSeconds = (await peer.train(PEER_TURN)).seconds;
      turns.push(await turnOf(azimuth));
    }
    const peerAccuracy = await peer.evaluate(EVALUATED_BATCHES);
    while ((turns.at(-1)?.accuracy ?? 0) < peerAccuracy && turns.length * TURN < MOST_STEPS)
      turns.push(await turnOf(azimuth));
    const { steps, seconds, accuracy } = (turns.find((turn) => turn.accuracy >= peerAccuracy) ?? turns.at(-1)) as Turn;
    const ratio = seconds / peerSeconds;
    return { seed, peerAccuracy, peerSeconds, accuracy, steps, seconds, ratio, startSeconds, peerStartSeconds };
  } finally {
    azimuth.stop();
    peer.stop();
  }
}

interface Turn {
  readonly steps: number;
  readonly seconds: number;
  readonly accuracy: number;
}

async function turnOf(learner: Learner): Promise<Turn> {
  const { step, seconds } = await learner.train(TURN);
  return { steps: step, seconds, accuracy: await learner.evaluate(EVALUATED_BATCHES) };
}

/** A training in a process of its own, which does a number of steps when it is asked to. */
class Learner {
  private readonly child;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[], variables: Readonly<Record<string, string>>) {
    const cwd = packageFile('scripts/bench');
    const env = { ...variables, ...process.env };
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env, cwd });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  ready(): Promise<{ startSeconds: number }> {
    return this.answer();
  }

  train(steps: number): Promise<{ step: number; seconds: number }> {
    return this.ask({ train: steps });
  }

  async evaluate(batches: number): Promise<number> {
    return (await this.ask<{ accuracy: number }>({ evaluate: batches })).accuracy;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private ask<Answer>(question: object): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    return this.answer();
  }

  private async answer<Answer>(): Promise<Answer> {
    const line = await this.lines.next();
    if (line.done) throw new Error(`${this.child.spawnfile} ended before it answered`);
    return JSON.parse(line.value) as Answer;
  }
}
