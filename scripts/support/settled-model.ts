import type { Api } from './api.js';

interface Models {
  readonly models: { readonly edges: readonly { readonly node: { id: string; stages: { status: string }[] } }[] };
}

/** Id of the shipped model once its gallery and checks are done, which take the processor from whatever is measured. */
export async function settledModel(api: Api): Promise<string> {
  const query = '{ models(first: 1) { edges { node { id stages { status } } } } }';
  for (;;) {
    const node = (await api.query<Models>(query)).models.edges[0]?.node;
    if (node?.stages.filter(({ status }) => status === 'DONE').length === 3) return node.id;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
