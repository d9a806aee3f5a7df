import { useSignal } from '@preact/signals';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Empty, ErrorNotice } from '../parts/notice';
import { go, href, route } from '../shell/router';
import { Card } from './card';
import { Compare } from './compare';
import { filtersOf, setFilters, show } from './filters';
import { useKeys } from './keys';
import { Scorecard } from './scorecard';
import { type SheetDirection, useSheet } from './sheet';
import { Toolbar } from './toolbar';
import { Transfer } from './transfer';

/** All of a model's directions that the filters let through, with the scorecard of the current one beside them. */
export function ContactSheet({ modelId }: { readonly modelId: string }) {
  const sheet = useSheet(modelId);
  const currentId = useSignal<string | null>(null);
  const openId = useSignal<string | null>(null);
  const renamingId = useSignal<string | null>(null);
  const ticked = useSignal<readonly string[]>([]);
  const comparing = useSignal(false);
  const filters = filtersOf(route.value.search);
  const directions = sheet.directions ?? [];
  const counts = show(directions, filters);
  const byId = (id: string | null) => directions.find((direction) => direction.id === id) ?? null;
  const current = byId(currentId.value) ?? counts.shown[0] ?? null;
  const open = byId(openId.value);
  const tickedDirections = ticked.value.map(byId).filter((one): one is SheetDirection => one !== null);
  const tick = (id: string) => {
    const others = ticked.value.filter((other) => other !== id);
    ticked.value = others.length < ticked.value.length ? others : [...others, id];
    if (ticked.value.length < 2) comparing.value = false;
  };
  useKeys({
    favourite: (id) => void sheet.mark({ id, favourite: !byId(id)?.favourite }),
    hide: (id) => void sheet.mark({ id, hidden: !byId(id)?.hidden }),
    rename: (id) => {
      renamingId.value = id;
    },
    compare: tick,
    edit: (id) => go(href('edit', null, { shifts: id })),
  });
  if (sheet.error && !sheet.directions) return <ErrorNotice error={sheet.error} again={sheet.refresh} />;
  if (!sheet.directions) return <p class="soft">Loading the directions …</p>;
  if (directions.length === 0) return <NoDirections modelId={modelId} onImported={sheet.refresh} />;
  return (
    <div class="sheet-page">
      <div class="sheet-main">
        <Toolbar modelId={modelId} filters={filters} directions={directions} counts={counts} />
        <div class="row between sheet-actions">
          <p class="small soft" role="status">
            {counts.shown.length} of {directions.length} directions
          </p>
          <div class="row">
            <Button
              size="small"
              disabled={tickedDirections.length < 2}
              onClick={() => {
                comparing.value = true;
              }}
            >
              Compare {tickedDirections.length || ''}
            </Button>
            <Transfer
              modelId={modelId}
              directions={tickedDirections.length > 0 ? tickedDirections : counts.shown}
              onImported={sheet.refresh}
            />
          </div>
        </div>
        {comparing.value && (
          <Compare
            directions={tickedDirections}
            onClose={() => {
              comparing.value = false;
            }}
          />
        )}
        {counts.shown.length === 0 && (
          <Empty title="Nothing fits">
            <p>No direction fits what is asked for above.</p>
            <Button onClick={() => setFilters(filtersOf(new URLSearchParams()))}>Show all</Button>
          </Empty>
        )}
        <ul class="sheet" aria-label="Directions">
          {counts.shown.map((direction) => (
            <Card
              key={direction.id}
              direction={direction}
              current={direction.id === current?.id}
              compared={ticked.value.includes(direction.id)}
              renaming={direction.id === renamingId.value}
              mark={sheet.mark}
              onCurrent={() => {
                currentId.value = direction.id;
              }}
              onOpen={() => {
                openId.value = direction.id;
              }}
              onCompare={() => tick(direction.id)}
              onRename={(renaming) => {
                renamingId.value = renaming ? direction.id : null;
              }}
            />
          ))}
        </ul>
        <Keys />
      </div>
      {current && (
        <aside class="panel sheet-side" aria-label={`Scorecard of ${current.name}`}>
          <h2>{current.name}</h2>
          <Scorecard direction={current} mark={sheet.mark} />
        </aside>
      )}
      {open && (
        <Dialog
          title={open.name}
          onClose={() => {
            openId.value = null;
          }}
        >
          <Scorecard direction={open} mark={sheet.mark} />
        </Dialog>
      )}
    </div>
  );
}

function NoDirections({ modelId, onImported }: { readonly modelId: string; onImported(): void }) {
  return (
    <Empty title="No directions yet">
      <p>A discovery finds them in the model, without labels. The first can be used after some seconds of it.</p>
      <a class="button button-primary" href={href('discover')}>
        Discover directions
      </a>
      <Transfer modelId={modelId} directions={[]} onImported={onImported} />
    </Empty>
  );
}

const KEYS = [
  ['← ↑ → ↓', 'go'],
  ['f', 'favourite'],
  ['h', 'hide'],
  ['r', 'rename'],
  ['c', 'compare'],
  ['e', 'edit'],
  ['/', 'find'],
];

function Keys() {
  return (
    <p class="keys small soft">
      {KEYS.map(([key, what]) => (
        <span key={key}>
          <kbd>{key}</kbd> {what}
        </span>
      ))}
    </p>
  );
}
