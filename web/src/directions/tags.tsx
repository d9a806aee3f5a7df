import { CloseIcon } from '../parts/icons';

/** Labels of one's own; Return adds one. */
export function Tags({ tags, onTags }: { readonly tags: readonly string[]; onTags(tags: readonly string[]): void }) {
  return (
    <div class="tags">
      <h3>Tags</h3>
      <div class="row">
        {tags.map((tag) => (
          <button
            key={tag}
            type="button"
            class="tag tag-button"
            aria-label={`Remove the tag ${tag}`}
            onClick={() => onTags(tags.filter((other) => other !== tag))}
          >
            {tag}
            <CloseIcon />
          </button>
        ))}
        <input
          class="control tag-input"
          aria-label="Add a tag"
          placeholder="Add a tag"
          maxLength={64}
          onKeyDown={(event) => {
            const tag = event.currentTarget.value.trim();
            if (event.key !== 'Enter' || !tag) return;
            event.currentTarget.value = '';
            if (!tags.includes(tag)) onTags([...tags, tag]);
          }}
        />
      </div>
    </div>
  );
}
