import { type Database, DatabaseFiles, filesOfModel, S3Files, type S3Place } from '../../storage/index.js';
import { FolderCache } from './folder-cache.js';
import { ModelFiles } from './model-files.js';

export interface FileSettings {
  /** Folder for copies of models' files. */
  readonly cache: string;
  readonly cacheBytes: number;
  /** Where files are put; null: in the database. */
  readonly s3: S3Place | null;
}

/** The files of models, in the database or on S3-compatible storage; those that were put into the database before are found there. */
export async function openModelFiles(database: Database, { cache, cacheBytes, s3 }: FileSettings): Promise<ModelFiles> {
  const inDatabase = new DatabaseFiles(database);
  const stores = s3 ? { main: await S3Files.open(s3), others: [inDatabase] } : { main: inDatabase, others: [] };
  return new ModelFiles(stores, new FolderCache(cache, cacheBytes), (model) => filesOfModel(database, model));
}
