/** Where on an S3-compatible storage files are kept, and with whose right. */
export interface S3Place {
  /** `https://host`, without a path. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

const EXPECTED = 's3://bucket/prefix?endpoint=https://host&region=name';

/**
 * Reads `AZIMUTH_BLOBS`; null where it is not set. Credentials and region are those of the usual AWS_* variables. Throws
 * with what was expected; the values of secrets never stand in the message.
 */
export function readS3Place(variables: Readonly<Record<string, string | undefined>>): S3Place | null {
  const text = variables['AZIMUTH_BLOBS'];
  if (!text) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 's3:' || !/^[a-z0-9][a-z0-9.-]{1,62}$/.test(url.hostname) || url.username || url.password)
    throw new Error(`AZIMUTH_BLOBS: expected ${EXPECTED}, got ${url ? `${url.protocol}//${url.hostname}` : 'no URL'}.`);
  const region =
    url.searchParams.get('region') || variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || 'us-east-1';
  const endpoint =
    url.searchParams.get('endpoint') || variables['AWS_ENDPOINT_URL'] || `https://s3.${region}.amazonaws.com`;
  if (!/^https?:\/\/[^/?#]+\/?$/.test(endpoint))
    throw new Error(`AZIMUTH_BLOBS: endpoint: expected http(s)://host[:port], got ${endpoint}.`);
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: token,
  } = variables;
  if (!accessKeyId || !secretAccessKey)
    throw new Error('AZIMUTH_BLOBS: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY beside it, got none.');
  return {
    endpoint: endpoint.replace(/\/$/, ''),
    bucket: url.hostname,
    prefix: url.pathname.replace(/^\/+|\/+$/g, ''),
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: token || null,
  };
}
