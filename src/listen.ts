import type { Server } from 'node:http';

export interface Address {
  readonly url: string;
  readonly port: number;
}

/** Requests under way get so long to end. */
const DRAIN_MS = 2000;

/** Port 0 takes any free one. */
export function listen(server: Server, host: string, port: number): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('The server has no port.'));
      const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      resolve({ url: `http://${name}:${address.port}`, port: address.port });
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const drained = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(drained);
      resolve();
    });
    server.closeIdleConnections();
  });
}
