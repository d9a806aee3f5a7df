import type { Logger } from 'pino';

export type Close = () => Promise<void>;

/** What was opened, to be closed the last first. */
export class Closing {
  private readonly opened: Close[] = [];
  private closing: Promise<void> | null = null;

  constructor(private readonly logger: Logger) {}

  add(close: Close): void {
    this.opened.push(close);
  }

  /** Once, however often it is called. A part that fails does not keep the others open. */
  readonly close = (): Promise<void> => {
    this.closing ??= this.closeAll();
    return this.closing;
  };

  private async closeAll(): Promise<void> {
    for (const close of this.opened.toReversed()) {
      await close().catch((error: unknown) => this.logger.error({ err: error }, 'a part of the process did not close'));
    }
  }

  /** Gives what `open` gives; where it fails, what it had opened is closed. */
  async orNothing<T>(open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}
