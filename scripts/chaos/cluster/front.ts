import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy before the API nodes, round robin over those that listen. Clients know its address alone. */
export class Front {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private turn = 0;

  private constructor(
    private readonly server: Server,
    private readonly ports: () => readonly number[],
  ) {}

  static async open(ports: () => readonly number[]): Promise<Front> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const front = new Front(server, ports);
    server.on('connection', (client) => front.join(client));
    return front;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Cuts the sockets for which `chosen` says so, in the middle of whatever they carry; gives their number. */
  cut(chosen: () => boolean): number {
    const cut = [...this.pairs].filter(chosen);
    for (const pair of cut) this.drop(pair);
    return cut.length;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut(() => true);
    await closed;
  }

  private join(client: Socket): void {
    const ports = this.ports();
    const port = ports[this.turn++ % Math.max(1, ports.length)];
    client.on('error', () => {});
    if (port === undefined) return void client.resetAndDestroy();
    const node = connect({ host: '127.0.0.1', port, noDelay: true });
    const pair = [client, node] as const;
    this.pairs.add(pair);
    node.on('error', () => {});
    for (const socket of pair) socket.on('close', () => this.drop(pair));
    client.pipe(node).pipe(client);
  }

  private drop(pair: readonly [Socket, Socket]): void {
    if (!this.pairs.delete(pair)) return;
    for (const socket of pair) socket.resetAndDestroy();
  }
}
