import { type ChildProcess, fork } from 'node:child_process';
import { packageFile } from '../../src/package.js';

interface Call {
  readonly call: number;
  readonly message: unknown;
}
type Reply = { readonly call: number; readonly result: unknown } | { readonly call: number; readonly error: string };

/** A process of the load test, which answers messages one for one. It ends with this one, whose channel it hangs on. */
export class Child {
  private calls = 0;
  private readonly waiting = new Map<number, (reply: Reply) => void>();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (reply: Reply) => {
      this.waiting.get(reply.call)?.(reply);
      this.waiting.delete(reply.call);
    });
    child.once('exit', (code) => {
      for (const [call, answer] of this.waiting) answer({ call, error: `${child.spawnargs[1]} ended with ${code}` });
    });
  }

  static start(name: string): Child {
    return new Child(fork(packageFile(`dist/scripts/load/${name}.js`), { execPath: process.execPath }));
  }

  ask<Result>(message: unknown): Promise<Result> {
    const call = ++this.calls;
    return new Promise((resolve, reject) => {
      this.waiting.set(call, (reply) => {
        if ('error' in reply) reject(new Error(reply.error));
        else resolve(reply.result as Result);
      });
      this.child.send({ call, message } satisfies Call);
    });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await exited;
  }
}

/** The other side of `Child`: answers, and ends when its parent does. */
export function answerParent<Message>(answer: (message: Message) => Promise<unknown>, close = async () => {}): void {
  process.on('message', ({ call, message }: { call: number; message: Message }) => {
    answer(message).then(
      (result) => process.send?.({ call, result }),
      (error: unknown) => process.send?.({ call, error: error instanceof Error ? error.stack : String(error) }),
    );
  });
  process.on('disconnect', () => void close().finally(() => process.exit(0)));
  process.on('SIGINT', () => {});
}

/** Microseconds of processor time that this process has had, in user code and in the kernel. */
export function processorMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
