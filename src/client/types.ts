import type {
  DirectionFieldsFragment,
  DiscoveryFieldsFragment,
  EditFieldsFragment,
  EditProgressSubscription,
  EstimateDiscoveryQuery,
  ExportDirectionsMutation,
  ImageFieldsFragment,
  ImportProgressSubscription,
  MergeDirectionsMutation,
  ModelFieldsFragment,
  ServerQuery,
  TrainingProgressSubscription,
} from './generated.js';

/** What the client's own operations give, under the names of the schema. */

export type Image = ImageFieldsFragment;
export type Model = ModelFieldsFragment;
export type Direction = DirectionFieldsFragment;
export type Discovery = DiscoveryFieldsFragment;
export type Edit = EditFieldsFragment;
export type ServerInfo = ServerQuery['server'];
export type DiscoveryEstimate = EstimateDiscoveryQuery['estimateDiscovery'];
export type MergedDirection = MergeDirectionsMutation['mergeDirections'];
export type DirectionFile = ExportDirectionsMutation['exportDirections'];
export type ImportEvent = ImportProgressSubscription['importProgress'];
export type TrainingEvent = TrainingProgressSubscription['trainingProgress'];
export type EditEvent = EditProgressSubscription['editProgress'];

/** Part of a list. */
export interface Page<Item> {
  readonly nodes: readonly Item[];
  /** In all pages together. */
  readonly totalCount: number;
  /** Pass it as `after` to get the next page; null at the end of the list. */
  readonly next: string | null;
}

interface Connection<Item> {
  readonly totalCount: number;
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  readonly edges: readonly { readonly node: Item }[];
}

export function pageOf<Item>({ totalCount, pageInfo, edges }: Connection<Item>): Page<Item> {
  const next = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  return { nodes: edges.map(({ node }) => node), totalCount, next };
}
