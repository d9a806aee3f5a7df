import { Button } from '../parts/button';
import { EyeIcon, EyeOffIcon, StarIcon } from '../parts/icons';
import { href } from '../shell/router';
import { Filmstrip, stripLabel } from './filmstrip';
import { summary } from './measures';
import { Name } from './name';
import type { Sheet, SheetDirection } from './sheet';

export interface CardProps {
  readonly direction: SheetDirection;
  readonly current: boolean;
  readonly compared: boolean;
  readonly renaming: boolean;
  readonly mark: Sheet['mark'];
  onCurrent(): void;
  onOpen(): void;
  onCompare(): void;
  onRename(renaming: boolean): void;
}

/** A direction on the sheet: its filmstrip, name, score, and what can be done with it. */
export function Card({ direction, current, compared, renaming, mark, ...on }: CardProps) {
  const { id, name, favourite, hidden, score } = direction;
  return (
    <li
      class={`card ${current ? 'card-current' : ''} ${hidden ? 'card-hidden' : ''}`}
      data-direction={id}
      onFocusCapture={on.onCurrent}
    >
      <button type="button" class="card-strip" onClick={on.onOpen}>
        <span class="unseen">{stripLabel(direction)}</span>
        <Filmstrip direction={direction} />
      </button>
      <div class="card-line">
        <Name
          name={name}
          editing={renaming}
          onEdit={() => on.onRename(true)}
          onDone={(next) => {
            on.onRename(false);
            if (next !== null) void mark({ id, name: next });
          }}
        />
        <span class="card-score number" title="Score: accuracy × monotonicity × uniqueness">
          <span class="unseen">Score </span>
          {score === null ? '–' : score.toFixed(2)}
        </span>
      </div>
      <p class="small soft card-words">{summary(direction)}</p>
      {direction.tags.length > 0 && (
        <p class="card-tags">
          {direction.tags.map((tag) => (
            <span key={tag} class="tag">
              {tag}
            </span>
          ))}
        </p>
      )}
      <div class="card-actions">
        <Button
          look="plain"
          size="small"
          aria-pressed={favourite}
          aria-label={`Favourite: ${name}`}
          title="Favourite (f)"
          class={favourite ? 'is-favourite' : ''}
          onClick={() => void mark({ id, favourite: !favourite })}
        >
          <StarIcon />
        </Button>
        <Button
          look="plain"
          size="small"
          aria-label={hidden ? `Show ${name} again` : `Hide ${name}`}
          title={hidden ? 'Show again (h)' : 'Hide (h)'}
          onClick={() => void mark({ id, hidden: !hidden })}
        >
          {hidden ? <EyeIcon /> : <EyeOffIcon />}
        </Button>
        <label class="compare-box">
          <input type="checkbox" checked={compared} onChange={on.onCompare} />
          <span>
            Compare<span class="unseen"> {name}</span>
          </span>
        </label>
        <a class="button button-small" href={href('edit', null, { shifts: id })}>
          Edit<span class="unseen"> along {name}</span>
        </a>
      </div>
    </li>
  );
}
