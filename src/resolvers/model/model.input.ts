import { basename, resolve } from 'node:path';
import { Field, InputType } from 'type-graphql';
import { checkText } from '../checks.js';
import { inputError } from '../errors.js';

@InputType({ description: 'The model to import.' })
export class ImportModelInput {
  @Field(() => String, {
    nullable: true,
    description:
      "A folder in diffusers layout on the server's own disk; absolute, or relative to the server's directory.",
  })
  path?: string | null;

  @Field(() => String, { nullable: true, description: "1 to 120 characters; the folder's name if left out." })
  name?: string | null;
}

/** Whether the folder holds a model is found out by the import itself. */
export function modelSource({ path, name }: ImportModelInput): { name: string; source: string } {
  if (path == null) throw inputError('input.path', 'a folder in diffusers layout', path);
  const source = resolve(checkText('input.path', path, { min: 1, max: 4096 }));
  return {
    source,
    name: name == null ? basename(source) || source : checkText('input.name', name, { min: 1, max: 120 }),
  };
}
