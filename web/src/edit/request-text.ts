import type { ApplyEditInput } from '../api/operations';

/** The edit as a request of one's own app, in the ways in which one may want it. */

/** One round trip starts it; the subscription, or this query again, has the result. */
const MUTATION = `mutation ApplyEdit($input: ApplyEditInput!) {
  applyEdit(input: $input) {
    id
    status
    warnings
    result { url }
  }
}`;

export interface RequestText {
  readonly label: string;
  /** What to do with it. */
  readonly note: string;
  text(input: ApplyEditInput, origin: string): string;
}

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

export const REQUEST_TEXTS: readonly RequestText[] = [
  {
    label: 'GraphQL',
    note: 'The body to POST to /graphql, as application/json: the document and its variables.',
    text: (input) => pretty({ query: MUTATION, variables: { input } }),
  },
  {
    label: 'Document',
    note: 'For a GraphQL editor: the document, and below it the variables.',
    text: (input) => `${MUTATION}\n\n# variables\n${pretty({ input })}`,
  },
  {
    label: 'curl',
    note: 'Starts the edit from a terminal.',
    text: (input, origin) => {
      // In single quotes of a shell nothing is special but the quote itself.
      const body = JSON.stringify({ query: MUTATION, variables: { input } }).replaceAll("'", "'\\''");
      return `curl -s ${origin}/graphql -H 'content-type: application/json' -d '${body}'`;
    },
  },
  {
    label: 'JavaScript',
    note: 'With the client of the package: starts the edit, and ends with its result.',
    text: (input, origin) => `import { createClient } from 'azimuth/client';

const azimuth = createClient({ url: '${origin}' });
const { id } = await azimuth.applyEdit(${pretty(input)});
for await (const event of azimuth.editProgress(id)) {
  if (event.__typename === 'EditFinished') console.log(azimuth.urlOf(event.result));
}
await azimuth.close();`,
  },
];
