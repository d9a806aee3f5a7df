export { type FetchedModel, fetchModel } from './fetch-model.js';
export type { HubSettings } from './repository.js';
