import { SheetDiscoveriesDocument } from '../api/operations';
import { useQuery } from '../api/use-query';
import { SelectField } from '../parts/field';
import { moment } from '../parts/format';
import { type Filters, type Order, type Shown, setFilters } from './filters';
import type { SheetDirection } from './sheet';

const ORDERS: readonly { readonly value: Order; readonly label: string }[] = [
  { value: 'score', label: 'Score' },
  { value: 'effect', label: 'Effect size' },
  { value: 'name', label: 'Name' },
  { value: 'index', label: 'Index' },
];

export interface ToolbarProps {
  readonly modelId: string;
  readonly filters: Filters;
  readonly directions: readonly SheetDirection[];
  readonly counts: Shown;
}

/** What the sheet shows, and in which order. */
export function Toolbar({ modelId, filters, directions, counts }: ToolbarProps) {
  const change = (changed: Partial<Filters>) => setFilters({ ...filters, ...changed });
  const tags = [...new Set(directions.flatMap((direction) => direction.tags))].toSorted();
  const { data } = useQuery(SheetDiscoveriesDocument, { modelId });
  const discoveries = (data?.discoveries.edges ?? []).map(({ node }) => ({
    value: node.id,
    label: `${node.config.method === 'LEARNED' ? 'Learned' : node.config.method}, ${moment(node.createdAt)}`,
  }));
  return (
    <search class="toolbar">
      <div class="field toolbar-search">
        <label for="find">Find</label>
        <input
          id="find"
          class="control"
          type="search"
          placeholder="Name or tag ( / )"
          value={filters.text}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
      </div>
      <SelectField
        label="Discovery"
        value={filters.discoveryId}
        choices={[{ value: '', label: 'All' }, ...discoveries]}
        onChoice={(discoveryId) => change({ discoveryId })}
      />
      <SelectField
        label="Tag"
        value={filters.tag}
        choices={[{ value: '', label: 'Any' }, ...tags.map((tag) => ({ value: tag, label: tag }))]}
        onChoice={(tag) => change({ tag })}
      />
      <SelectField label="Order" value={filters.order} choices={ORDERS} onChoice={(order) => change({ order })} />
      <div class="toolbar-checks">
        <Check
          label="Favourites only"
          checked={filters.onlyFavourites}
          onChange={(onlyFavourites) => change({ onlyFavourites })}
        />
        <Check
          label={`Dead and duplicate (${counts.weak})`}
          checked={filters.withWeak}
          onChange={(withWeak) => change({ withWeak })}
        />
        <Check
          label={`Hidden (${counts.hidden})`}
          checked={filters.withHidden}
          onChange={(withHidden) => change({ withHidden })}
        />
      </div>
    </search>
  );
}

function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange(checked: boolean): void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
