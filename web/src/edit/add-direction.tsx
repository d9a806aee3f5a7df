import { useSignal } from '@preact/signals';
import { DirectionChoicesDocument } from '../api/operations';
import { useQuery } from '../api/use-query';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';
import { ErrorNotice } from '../parts/notice';
import { href } from '../shell/router';

export interface AddDirectionProps {
  readonly modelId: string;
  /** Those that the edit has already. */
  readonly taken: readonly string[];
  onAdd(directionId: string): void;
  onClose(): void;
}

/** Picks a direction by what it looks like. */
export function AddDirection({ modelId, taken, onAdd, onClose }: AddDirectionProps) {
  const text = useSignal('');
  const { data, error, refresh } = useQuery(DirectionChoicesDocument, { modelId });
  const wanted = text.value.trim().toLowerCase();
  const choices = (data?.directions.edges ?? [])
    .map(({ node }) => node)
    .filter(({ id, name, duplicateOf }) => !taken.includes(id) && !duplicateOf && name.toLowerCase().includes(wanted));
  return (
    <Dialog title="Add a direction" onClose={onClose}>
      <TextField
        label="Find"
        value={text.value}
        placeholder="Name"
        onText={(value) => {
          text.value = value;
        }}
      />
      {error && <ErrorNotice error={error} again={refresh} />}
      {data && choices.length === 0 && (
        <p class="soft">
          None {wanted ? 'of that name' : 'left'}. <a href={href('discover')}>A discovery finds more.</a>
        </p>
      )}
      <ul class="choices">
        {choices.map(({ id, name, score, favourite, filmstrip }) => (
          <li key={id}>
            <button type="button" onClick={() => onAdd(id)}>
              <span class="row between">
                <span>
                  {favourite && '★ '}
                  {name}
                </span>
                <span class="number soft">{score?.toFixed(2) ?? ''}</span>
              </span>
              <span class="choice-strip">
                {filmstrip.map((image, at) => (
                  <img
                    key={`${at}-${image.id}`}
                    src={image.url}
                    width={image.width}
                    height={image.height}
                    alt=""
                    loading="lazy"
                  />
                ))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
