import { connect, type Socket } from 'node:net';

/** A TCP connection that sends what no client library would. */
export class RawConnection {
  private received = Buffer.alloc(0);
  private waiting: (() => void)[] = [];
  isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawConnection(socket)));
      socket.once('error', reject);
    });
  }

  /** Upgraded to a WebSocket, not yet initialised. */
  static async upgraded(port: number, protocol = 'graphql-transport-ws'): Promise<RawConnection> {
    const connection = await RawConnection.open(port);
    connection.send(upgradeRequest(port, { 'sec-websocket-protocol': protocol }));
    await connection.until((text) => text.includes('\r\n\r\n'));
    return connection;
  }

  send(bytes: string | Buffer): void {
    if (!this.isClosed) this.socket.write(bytes);
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Resolves when what came so far is enough, or the connection is closed; rejects after `timeoutMs`. */
  until(enough: (text: string) => boolean, timeoutMs = 15_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came: ${this.text.slice(0, 200)}`)), timeoutMs);
      const look = () => {
        if (!this.isClosed && !enough(this.text)) return this.waiting.push(look);
        clearTimeout(timer);
        resolve();
      };
      look();
    });
  }

  closed(timeoutMs?: number): Promise<void> {
    return this.until(() => false, timeoutMs);
  }

  /** Code of the close frame that came, if one did: the last frame there is. */
  get closeCode(): number | null {
    for (let at = this.received.lastIndexOf(0x88); at >= 0; at = at > 0 ? this.received.lastIndexOf(0x88, at - 1) : -1)
      if (this.received.length >= at + 4 && this.received[at + 1] === this.received.length - at - 2)
        return this.received.readUInt16BE(at + 2);
    return null;
  }

  destroy(): void {
    this.socket.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  private wake(): void {
    for (const look of this.waiting.splice(0)) look();
  }
}

export function upgradeRequest(port: number, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `GET /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export interface FrameOptions {
  readonly opcode?: number;
  readonly final?: boolean;
  readonly masked?: boolean;
  readonly reserved?: number;
  /** Claims this length, whatever the payload has. */
  readonly claimed?: bigint;
}

/** One WebSocket frame (RFC 6455, section 5.2), or what is none. */
export function frame(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = 1, final = true, masked = true, reserved = 0, claimed } = options;
  const body = Buffer.from(payload);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const length = claimed ?? BigInt(body.length);
  const mask = masked ? 0x80 : 0;
  const head =
    length < 126n
      ? Buffer.from([first, mask | Number(length)])
      : length < 65_536n
        ? Buffer.from([first, mask | 126, Number(length >> 8n), Number(length & 255n)])
        : Buffer.concat([Buffer.from([first, mask | 127]), eightBytes(length)]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}

function eightBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
