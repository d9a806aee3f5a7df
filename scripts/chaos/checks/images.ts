import { createHash } from 'node:crypto';
import { imagesOf } from '../client/operations.js';
import { type Check, forEach, rowIdOf } from './check.js';

/** Every image that a client was told of can be fetched, and its bytes hash to its id; uploads are the bytes sent. */
export const imagesCheck: Check = async ({ ledger, violations, user }) => {
  const urls = new Map<string, string>();
  for (const { events } of ledger.sequences) for (const { id, url } of events.flatMap(imagesOf)) urls.set(id, url);
  const uploads = new Map<string, unknown>();
  for (const { name, id, expected } of ledger.acknowledged) if (name === 'upload') uploads.set(id, expected['sha256']);
  const query = 'query ($id: ID!) { node(id: $id) { ... on Image { url } } }';
  for (const id of uploads.keys()) {
    const { node } = await user.query<{ node: { url: string } | null }>(query, { id });
    if (node) urls.set(id, node.url);
    else violations.report('images', `upload ${id} is gone`, null);
  }
  await forEach([...urls], async ([id, url]) => {
    const answer = await fetch(new URL(url, user.options.url));
    const sha256 = createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex');
    const isNamed = rowIdOf(id).replaceAll('-', '') === sha256.slice(0, 32);
    const isSent = !uploads.has(id) || uploads.get(id) === sha256;
    if (!answer.ok || !isNamed || !isSent)
      violations.report('images', `${url}: HTTP ${answer.status}, SHA-256 ${sha256} of ${id}`, null);
  });
};
