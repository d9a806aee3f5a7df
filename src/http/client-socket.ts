import type { ClientRequestArgs } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';

/** Answers that may wait for a client that sends and does not read: then it is cut off. */
const BACKLOG_MAX = 16 * 2 ** 20;

type Sent = (error?: Error) => void;
type Options = ClientOptions | ClientRequestArgs;
type SendOptions = Parameters<WebSocket['send']>[1];

/** The server's end of a WebSocket whose client may be hostile. */
export class ClientSocket extends WebSocket {
  /** ws makes it, without an address: it is the other end that has one. */
  constructor(address: string | URL | null, protocols?: string | string[] | Options, options?: Options) {
    super(address as string, protocols as string[], options);
    // Each ping gets an answer: sent without end to a client that reads none of them they would fill the memory.
    const look = () => {
      if (this.bufferedAmount > BACKLOG_MAX) this.terminate();
    };
    this.on('message', look);
    this.on('ping', look);
    this.on('error', () => {});
  }

  /** A client that is gone closes the socket, which is all that anybody has to know: no write to it fails. */
  override send(data: Parameters<WebSocket['send']>[0], options?: SendOptions | Sent, sent?: Sent): void {
    const [given, done] = typeof options === 'function' ? [{}, options] : [options ?? {}, sent];
    super.send(data, given, () => done?.());
  }
}
