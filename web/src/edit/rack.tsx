import { type RackDirectionFragment, RackDirectionsDocument } from '../api/operations';
import { useQuery } from '../api/use-query';
import type { RecipeShift } from './recipe';
import { ShiftRow } from './shift-row';

export type RackDirection = RackDirectionFragment;

export interface RackProps {
  readonly shifts: readonly RecipeShift[];
  /** While a slider is dragged. */
  onPreview(shifts: readonly RecipeShift[]): void;
  onCommit(shifts: readonly RecipeShift[]): void;
}

/** A slider for every direction that the edit goes along. */
export function Rack({ shifts, onPreview, onCommit }: RackProps) {
  const ids = shifts.map(({ directionId }) => directionId);
  const directions = useRack(ids);
  const changed = (at: number, shift: RecipeShift) => shifts.map((one, index) => (index === at ? shift : one));
  return (
    <ul class="rack" aria-label="Sliders">
      {shifts.map((shift, at) => (
        <ShiftRow
          key={shift.directionId}
          shift={shift}
          direction={directions.get(shift.directionId) ?? null}
          onPreview={(next) => onPreview(changed(at, next))}
          onCommit={(next) => onCommit(changed(at, next))}
          onRemove={() => onCommit(shifts.filter((_, index) => index !== at))}
        />
      ))}
    </ul>
  );
}

/** Those that have been seen: a slider keeps its name while another is looked up. */
const known = new Map<string, RackDirection>();

/** The directions of these ids; those that are not there are left out. */
export function useRack(ids: readonly string[]): ReadonlyMap<string, RackDirection> {
  const sorted = [...new Set(ids)].toSorted();
  const { data } = useQuery(RackDirectionsDocument, { ids: sorted }, { when: sorted.length > 0 });
  for (const node of data?.nodes ?? []) if (node?.__typename === 'Direction') known.set(node.id, node);
  return known;
}
