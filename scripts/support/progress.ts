const WIDTH = 24;

/** A progress bar on one line of a terminal; where the output is a file, a line every tenth of the way. */
export class Progress {
  private tenth = -1;

  constructor(private readonly title: string) {}

  update(done: number, total: number, note: string): void {
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(share * WIDTH);
    const line = `${this.title} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done}/${total}  ${note}`;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[2K${line}${share >= 1 ? '\n' : ''}`);
    } else if (Math.floor(share * 10) !== this.tenth) {
      this.tenth = Math.floor(share * 10);
      process.stderr.write(`${line}\n`);
    }
  }
}
