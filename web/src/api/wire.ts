/** An error as it stands in an answer. */
export interface ErrorDetails {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly argument?: string };
}

export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ErrorDetails[];
}
