import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SigningKeyRow, SigningKeyStore } from '../storage/types.js';
import type { AccessSettings } from './settings.js';

const REFRESH_MS = 60_000;
/** A new key signs nothing before every node has read it. */
const UNUSED_MS = 2 * REFRESH_MS;
/** The expiry is rounded to a quarter of the lifetime: within it a URL is the same text, so that a browser's cache finds it again. */
const WINDOWS = 4;

/**
 * Paths that can be fetched without a token for a while, as an <img> needs: `?expires=<unix seconds>&key=<number>&signature=…`, an
 * HMAC-SHA256 of path and expiry. On an open server paths stay as they are.
 */
export class UrlSigner {
  private timer: NodeJS.Timeout | null = null;

  private constructor(
    private readonly settings: Pick<AccessSettings, 'tokens' | 'urlSeconds'>,
    private readonly store: SigningKeyStore,
    private keys: readonly SigningKeyRow[],
  ) {}

  static async open(
    settings: Pick<AccessSettings, 'tokens' | 'urlSeconds'>,
    store: SigningKeyStore,
  ): Promise<UrlSigner> {
    const signer = new UrlSigner(settings, store, settings.tokens ? await store.all() : []);
    if (settings.tokens) signer.timer = setInterval(() => void signer.refresh(), REFRESH_MS).unref();
    return signer;
  }

  close(): void {
    if (this.timer) clearInterval(this.timer);
  }

  sign(path: string, nowMs = Date.now()): string {
    if (!this.settings.tokens) return path;
    const key = this.keys.find(({ createdAt }) => nowMs - createdAt.getTime() >= UNUSED_MS) ?? this.keys.at(-1);
    if (!key) throw new Error('There is no key to sign URLs with.');
    const windowSeconds = this.settings.urlSeconds / WINDOWS;
    const window = Math.floor(nowMs / 1000 / windowSeconds);
    const expires = Math.ceil((window + 1 + WINDOWS) * windowSeconds);
    return `${path}?expires=${expires}&key=${key.id}&signature=${signatureOf(key, path, expires).toString('base64url')}`;
  }

  /** Seconds for which the signature still holds; null if it holds no more, or never did. */
  secondsLeft(path: string, query: URLSearchParams): number | null {
    const [expires, keyId] = [numberOf(query.get('expires')), numberOf(query.get('key'))];
    const given = Buffer.from(query.get('signature') ?? '', 'base64url');
    const left = Math.floor(expires - Date.now() / 1000);
    const key = this.keys.find(({ id }) => id === keyId);
    if (!(left > 0) || !key) return null;
    const right = signatureOf(key, path, expires);
    return given.length === right.length && timingSafeEqual(given, right) ? left : null;
  }

  private async refresh(): Promise<void> {
    // A database that is away: the keys at hand are as good as before.
    this.keys = await this.store.all().catch(() => this.keys);
  }
}

function numberOf(text: string | null): number {
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
}

function signatureOf({ secret }: SigningKeyRow, path: string, expires: number): Buffer {
  return createHmac('sha256', secret).update(`${path}\n${expires}`).digest();
}
