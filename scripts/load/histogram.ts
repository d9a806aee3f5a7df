/** How often each whole number of milliseconds was seen; what is above the last one counts as the last one. */
export class Histogram {
  constructor(readonly counts: number[] = new Array(10_001).fill(0)) {}

  add(ms: number): void {
    const at = Math.min(this.counts.length - 1, Math.max(0, Math.round(ms)));
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  addAll({ counts }: { readonly counts: readonly number[] }): void {
    for (const [ms, count] of counts.entries()) this.counts[ms] = (this.counts[ms] ?? 0) + count;
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The smallest number of ms that `share` of all do not exceed; 0 if there are none. */
  quantile(share: number): number {
    const wanted = share * this.total;
    let seen = 0;
    return Math.max(
      0,
      this.counts.findIndex((count) => {
        seen += count;
        return count > 0 && seen >= wanted;
      }),
    );
  }
}
