/** Something that happened, on the clock of the machine. */
export interface Moment {
  readonly atMs: number;
  readonly text: string;
}

/** Kills, recoveries and violations in their order. */
export class Timeline {
  readonly moments: Moment[] = [];
  private readonly startMs = Date.now();

  constructor(private readonly isLoud: boolean) {}

  note(text: string): void {
    this.moments.push({ atMs: Date.now(), text });
    if (this.isLoud) console.error(this.line(this.moments.at(-1) as Moment));
  }

  /** What happened within `windowMs` of `atMs`, a line each. */
  around(atMs: number, windowMs = 10_000): string[] {
    return this.moments.filter((moment) => Math.abs(moment.atMs - atMs) <= windowMs).map((moment) => this.line(moment));
  }

  private line({ atMs, text }: Moment): string {
    return `${((atMs - this.startMs) / 1000).toFixed(2).padStart(8)} s  ${text}`;
  }
}
