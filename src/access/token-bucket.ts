/** A bucket that nobody has drawn from for so long is full again. */
const SWEEP_MS = 60_000;

interface Bucket {
  left: number;
  atMs: number;
}

/** Lets `burst` requests of one key through at once, and `rate` a second after that. A rate of 0 lets everything through. */
export class TokenBucket {
  private readonly buckets = new Map<string, Bucket>();
  private sweptMs = 0;

  constructor(
    private readonly rate: number,
    private readonly burst: number,
  ) {}

  /** Seconds until the next one may come; 0 if this one may. */
  take(key: string, nowMs = performance.now()): number {
    if (this.rate === 0) return 0;
    this.sweep(nowMs);
    const bucket = this.buckets.get(key) ?? { left: this.burst, atMs: nowMs };
    bucket.left = Math.min(this.burst, bucket.left + ((nowMs - bucket.atMs) / 1000) * this.rate);
    bucket.atMs = nowMs;
    this.buckets.set(key, bucket);
    if (bucket.left < 1) return (1 - bucket.left) / this.rate;
    bucket.left -= 1;
    return 0;
  }

  /** Keys are addresses and tokens that count: neither is for an attacker to make up without end, but they add up. */
  private sweep(nowMs: number): void {
    if (nowMs - this.sweptMs < SWEEP_MS) return;
    this.sweptMs = nowMs;
    const fullAfterMs = (this.burst / this.rate) * 1000;
    for (const [key, { atMs }] of this.buckets) if (nowMs - atMs > fullAfterMs) this.buckets.delete(key);
  }
}
