import type { IncomingMessage, ServerResponse } from 'node:http';
import { Histogram, type Registry } from 'prom-client';

export type ObserveRequest = (request: IncomingMessage, response: ServerResponse) => void;

/** Whoever asks for something else cannot make a label of it. */
const ROUTES = ['/', '/graphql', '/images', '/directions', '/healthz', '/readyz', '/metrics'];
const FILES = ['/images/', '/directions/', '/assets/'];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

function routeOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  if (ROUTES.includes(path)) return path;
  const folder = FILES.find((prefix) => path.startsWith(prefix));
  return folder ? `${folder}:name` : 'other';
}

export function requestMetrics(registry: Registry): ObserveRequest {
  const seconds = new Histogram({
    name: 'azimuth_http_request_seconds',
    help: 'From a request to the end of its answer, by route, method and class of status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return (request, response) => {
    const startedAt = performance.now();
    const route = routeOf(request.url ?? '');
    const method = METHODS.includes(request.method ?? '') ? (request.method ?? '') : 'other';
    response.once('close', () => {
      const status = `${Math.floor(response.statusCode / 100)}xx`;
      seconds.observe({ route, method, status }, (performance.now() - startedAt) / 1000);
    });
  };
}
