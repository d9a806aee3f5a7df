import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type ApiError, asApiError } from '../api/errors';
import { EstimateRunDocument, type EstimateRunQuery, type StartDiscoveryInput } from '../api/operations';
import { request } from '../api/request';
import { arrivals } from '../api/socket';

export type Estimate = EstimateRunQuery['estimateDiscovery'];

export interface EstimateState {
  readonly estimate: Estimate | null;
  readonly error: ApiError | null;
  readonly busy: boolean;
}

/** It is measured by the worker: not for every key that is pressed. */
const SETTLE_MS = 500;

/** What the discovery would take; asked for again when the input has stood still for a while. */
export function useEstimate(input: StartDiscoveryInput | null): EstimateState {
  const state = useSignal<EstimateState>({ estimate: null, error: null, busy: false });
  const key = JSON.stringify(input);
  useEffect(() => {
    if (!input) return;
    const controller = new AbortController();
    state.value = { ...state.peek(), busy: true };
    const timer = setTimeout(async () => {
      try {
        const answer = await request(EstimateRunDocument, { input }, controller.signal);
        state.value = { estimate: answer.estimateDiscovery, error: null, busy: false };
      } catch (thrown) {
        if (!controller.signal.aborted) state.value = { estimate: null, error: asApiError(thrown), busy: false };
      }
    }, SETTLE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, arrivals.value]);
  return state.value;
}
