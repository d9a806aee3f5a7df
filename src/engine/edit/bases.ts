import { createHash } from 'node:crypto';
import { BaseTrajectory } from './base-trajectory.js';
import type { EditedSampler } from './edited-sampler.js';
import { decodeLatents } from './inversion.js';
import type { Sampling } from './sampling.js';

const MAX_BYTES = 256 * 2 ** 20;

/** Unedited trajectories kept ready, the least recently used one going first. */
export class BaseTrajectories {
  private readonly kept = new Map<string, BaseTrajectory>();
  private readonly hashes = new WeakMap<Uint8Array, string>();
  private readonly samplers = new WeakMap<EditedSampler, number>();
  private count = 0;

  /** `latents` as bytes, or the noise of `seed` where there are none. */
  get(
    sampler: EditedSampler,
    { seed, latents }: { seed: number; latents: Uint8Array | null },
    sampling: Sampling,
  ): BaseTrajectory {
    const key = JSON.stringify([this.numberOf(sampler), seed, latents && this.hashOf(latents), sampling]);
    const known = this.kept.get(key);
    const base = known ?? this.made(sampler, seed, latents, sampling);
    this.kept.delete(key);
    this.kept.set(key, base);
    this.trim();
    return base;
  }

  /** Lets go of what a released sampler computed. */
  forget(sampler: EditedSampler): void {
    for (const [key, base] of this.kept) if (base.sampler === sampler) this.kept.delete(key);
  }

  private made(sampler: EditedSampler, seed: number, latents: Uint8Array | null, sampling: Sampling): BaseTrajectory {
    return new BaseTrajectory(sampler, { seed, latents: latents && decodeLatents(sampler, latents) }, sampling);
  }

  private trim(): void {
    let bytes = [...this.kept.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const [key, { byteLength }] of this.kept) {
      if (bytes <= MAX_BYTES || this.kept.size === 1) return;
      this.kept.delete(key);
      bytes -= byteLength;
    }
  }

  private numberOf(sampler: EditedSampler): number {
    const number = this.samplers.get(sampler) ?? ++this.count;
    this.samplers.set(sampler, number);
    return number;
  }

  private hashOf(bytes: Uint8Array): string {
    const hash = this.hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
    this.hashes.set(bytes, hash);
    return hash;
  }
}
