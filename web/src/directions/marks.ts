import { type Signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { MarkDirectionDocument, type SheetDirectionFragment, type UpdateDirectionInput } from '../api/operations';
import { request } from '../api/request';
import { toastError } from '../parts/toasts';

type Direction = SheetDirectionFragment;

export interface Marks {
  /** The directions as they will be once all marks under way are stored. */
  over(stored: readonly Direction[]): readonly Direction[];
  /** Shown at once, then stored; gone again, with a message, where the server refuses. */
  mark(input: UpdateDirectionInput): Promise<void>;
  /** How many marks were answered so far, or lost: directions that were read meanwhile may be from before one. */
  ended(): number;
}

/**
 * Names, tags and other marks of directions, stored one after another: the server takes them in the order in which
 * they were made, and no answer, however late, shows a direction without a mark made since.
 */
export function useMarks(directions: Signal<readonly Direction[] | null>): Marks {
  const underWay = useSignal<readonly UpdateDirectionInput[]>([]);
  const before = useRef<Promise<void>>(Promise.resolve());
  const count = useRef(0);
  const store = async (input: UpdateDirectionInput) => {
    try {
      const { updateDirection } = await request(MarkDirectionDocument, { input });
      directions.value = directions.peek()?.map((one) => (one.id === input.id ? updateDirection : one)) ?? null;
    } catch (thrown) {
      toastError(thrown);
    }
    count.current += 1;
    underWay.value = underWay.peek().filter((other) => other !== input);
  };
  return {
    over: (stored) => underWay.value.reduce(withMark, stored),
    mark(input) {
      underWay.value = [...underWay.peek(), input];
      before.current = before.current.then(() => store(input));
      return before.current;
    },
    ended: () => count.current,
  };
}

function withMark(directions: readonly Direction[], input: UpdateDirectionInput): readonly Direction[] {
  return directions.map((direction) =>
    direction.id === input.id
      ? {
          ...direction,
          name: input.name ?? direction.name,
          tags: input.tags ?? direction.tags,
          favourite: input.favourite ?? direction.favourite,
          hidden: input.hidden ?? direction.hidden,
        }
      : direction,
  );
}
