import { frame, RawConnection, upgradeRequest } from '../../helpers/raw.js';

/** What arrives at the WebSocket and is none of its protocol; each ends with the connection closed. */

export interface HostileSocket {
  readonly title: string;
  readonly attack: (port: number) => Promise<RawConnection>;
  /** The close code; null where a close frame is not owed. */
  readonly code: number | null;
}

const message = (body: object) => frame(JSON.stringify(body));
const INIT = message({ type: 'connection_init', payload: { token: 'TOKEN' } });

/** Upgrades, and sends `frames`. */
const after =
  (...frames: readonly (Buffer | string)[]) =>
  async (port: number) => {
    const connection = await RawConnection.upgraded(port);
    for (const part of frames) connection.send(part);
    return connection;
  };

/** Upgrades, is acknowledged, and sends `frames`. */
const acknowledged =
  (token: string, ...frames: readonly Buffer[]) =>
  async (port: number) => {
    const connection = await RawConnection.upgraded(port);
    connection.send(message({ type: 'connection_init', payload: { token } }));
    await connection.until((text) => text.includes('connection_ack'));
    for (const part of frames) connection.send(part);
    return connection;
  };

const subscribe = (id: string, query = 'subscription { importProgress(modelId: "MODEL") { __typename } }') => ({
  id,
  type: 'subscribe',
  payload: { query },
});

export function hostileSockets(token: string, modelId: string): readonly HostileSocket[] {
  const running = message({
    ...subscribe('a'),
    payload: { query: subscribe('a').payload.query.replace('MODEL', modelId) },
  });
  return [
    { title: 'a frame without a mask', attack: after(frame('{}', { masked: false })), code: 1002 },
    { title: 'an opcode that does not exist', attack: after(frame('{}', { opcode: 3 })), code: 1002 },
    { title: 'a control opcode that does not exist', attack: after(frame('', { opcode: 11 })), code: 1002 },
    { title: 'reserved bits', attack: after(frame('{}', { reserved: 4 })), code: 1002 },
    { title: 'a frame that claims 2 MB', attack: after(frame('x', { claimed: 2_000_000n })), code: 1009 },
    { title: 'a frame that claims 2⁶³ bytes', attack: after(frame('x', { claimed: 2n ** 63n })), code: 1009 },
    { title: 'a ping of 200 bytes', attack: after(frame('x'.repeat(200), { opcode: 9 })), code: 1002 },
    { title: 'a ping in fragments', attack: after(frame('x', { opcode: 9, final: false })), code: 1002 },
    { title: 'a continuation of nothing', attack: after(frame('x', { opcode: 0 })), code: 1002 },
    { title: 'a new message inside another', attack: after(frame('x', { final: false }), frame('y')), code: 1002 },
    {
      title: 'fragments without end',
      attack: after(
        frame('x'.repeat(60_000), { final: false }),
        ...Array.from({ length: 8 }, () => frame('x'.repeat(60_000), { opcode: 0, final: false })),
      ),
      code: 1009,
    },
    {
      title: 'fragments of nothing, and then silence',
      attack: after(
        frame('', { final: false }),
        ...Array.from({ length: 2000 }, () => frame('', { opcode: 0, final: false })),
      ),
      code: 4408,
    },
    { title: 'text that is no UTF-8', attack: after(frame(Buffer.from([0xff, 0xfe, 0xc0]))), code: 1007 },
    { title: 'a close frame of one byte', attack: after(frame('x', { opcode: 8 })), code: 1002 },
    {
      title: 'a close frame with a code that does not exist',
      attack: after(frame(Buffer.from([0, 1]), { opcode: 8 })),
      code: 1002,
    },
    { title: 'binary', attack: after(frame(Buffer.from([0, 1, 2, 3]), { opcode: 2 })), code: 4400 },
    { title: 'no JSON', attack: after(frame('hello')), code: 4400 },
    { title: 'JSON that is no message', attack: after(frame('[1,2,3]')), code: 4400 },
    {
      title: 'a batch of messages',
      attack: after(frame(`[${JSON.stringify({ type: 'connection_init' })}]`)),
      code: 4400,
    },
    { title: 'a message of no known type', attack: after(message({ type: 'shutdown' })), code: 4400 },
    {
      title: 'an init whose payload is a list',
      attack: after(message({ type: 'connection_init', payload: [1] })),
      code: 4400,
    },
    {
      title: 'a token that is an object',
      attack: after(message({ type: 'connection_init', payload: { token: { $ne: null } } })),
      code: 4401,
    },
    {
      title: 'a token of a hundred thousand characters',
      attack: after(message({ type: 'connection_init', payload: { token: 'x'.repeat(100_000) } })),
      code: 4401,
    },
    { title: 'an operation before connection_init', attack: after(message(subscribe('1'))), code: 4401 },
    { title: 'a bad token', attack: after(INIT), code: 4401 },
    { title: 'nothing at all after the upgrade', attack: after(), code: 4408 },
    { title: 'pings alone, and no connection_init', attack: after(message({ type: 'ping' })), code: 4408 },
    {
      title: 'connection_init twice',
      attack: acknowledged(token, message({ type: 'connection_init', payload: { token } })),
      code: 4429,
    },
    { title: 'one id for two operations', attack: acknowledged(token, running, running), code: 4409 },
    {
      title: 'an operation without an id',
      attack: acknowledged(token, message({ type: 'subscribe', payload: { query: '{ __typename }' } })),
      code: 4400,
    },
    {
      title: 'an operation without a query',
      attack: acknowledged(token, message({ id: '1', type: 'subscribe', payload: {} })),
      code: 4400,
    },
    {
      title: 'an id that is an object',
      attack: acknowledged(token, message({ id: {}, type: 'subscribe', payload: { query: '{ __typename }' } })),
      code: 4400,
    },
    { title: 'another subprotocol', attack: (port) => RawConnection.upgraded(port, 'graphql-ws'), code: 4406 },
    {
      title: 'no key',
      attack: async (port) => {
        const connection = await RawConnection.open(port);
        connection.send(upgradeRequest(port, { 'sec-websocket-key': 'x' }));
        return connection;
      },
      code: null,
    },
    {
      title: 'another path',
      attack: async (port) => {
        const connection = await RawConnection.open(port);
        connection.send(upgradeRequest(port).replace('/graphql', '/admin'));
        return connection;
      },
      code: null,
    },
    { title: 'HTTP after the upgrade', attack: after('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'), code: 1002 },
    {
      title: 'no HTTP at all',
      attack: async (port) => {
        const connection = await RawConnection.open(port);
        connection.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x0d, 0x0a]));
        return connection;
      },
      code: null,
    },
  ];
}
