import { basename, resolve } from 'node:path';
import { Field, InputType } from 'type-graphql';
import type { HubRefRow } from '../../storage/types.js';
import { checkText } from '../checks.js';
import { inputError, mismatch } from '../errors.js';

const HUB_ID = /^(?!.*\.\.)[A-Za-z0-9][\w.-]{0,95}(\/[A-Za-z0-9][\w.-]{0,95})?$/;
const REVISION = /^(?!.*\.\.)[A-Za-z0-9][\w./-]{0,199}$/;

@InputType({ description: 'The model to import. Exactly one of path and hubId.' })
export class ImportModelInput {
  @Field(() => String, {
    nullable: true,
    description:
      "A folder or file on the server's own disk, in a format of docs/models.md; absolute, or relative to the server's directory.",
  })
  path?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A repository of the model hub, as owner/name. Fetched to the data folder, with HF_TOKEN from HF_ENDPOINT.',
  })
  hubId?: string | null;

  @Field(() => String, { nullable: true, description: 'Branch, tag or commit of the repository; main if left out.' })
  revision?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "1 to 120 characters; the folder's or repository's name if left out.",
  })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Where h is read, by a name of the report's `taps`; the format's own choice if left out.",
  })
  hTap?: string | null;
}

export interface NewModel {
  readonly name: string;
  readonly source: string;
  readonly hub: HubRefRow | null;
  readonly tapChoice: string | null;
}

/** Whether there is a model is found out by the import itself. */
export function newModel({ path, hubId, revision, name, hTap }: ImportModelInput): NewModel {
  if ((path == null) === (hubId == null))
    throw mismatch('input.path', 'exactly one of path and hubId', path == null ? 'neither' : 'both');
  if (revision != null && hubId == null) throw inputError('input.revision', 'none without hubId', revision);
  const hub = hubId == null ? null : hubRef(hubId, revision ?? 'main');
  const source = hub
    ? `hub:${hub.hubId}@${hub.revision}`
    : resolve(checkText('input.path', path ?? '', { min: 1, max: 4096 }));
  const given = name == null ? null : checkText('input.name', name, { min: 1, max: 120 });
  return {
    source,
    hub,
    name: given ?? (basename(hub?.hubId ?? source) || source),
    tapChoice: hTap == null ? null : checkText('input.hTap', hTap, { min: 1, max: 400 }),
  };
}

function hubRef(hubId: string, revision: string): HubRefRow {
  if (!HUB_ID.test(hubId)) throw inputError('input.hubId', 'owner/name', hubId);
  if (!REVISION.test(revision)) throw inputError('input.revision', 'a branch, tag or commit', revision);
  return { hubId, revision };
}
