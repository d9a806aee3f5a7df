import { useSignal } from '@preact/signals';
import { signIn, signInNeeded, token } from '../api/session';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Field } from '../parts/field';

/** Asks for a token once the API has refused to answer without one. */
export function SignIn() {
  const text = useSignal('');
  if (!signInNeeded.value) return null;
  const refused = token.value !== null;
  return (
    <Dialog title="Sign in" onClose={null}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.value.trim()) signIn(text.value.trim());
        }}
      >
        <Field
          label="Token"
          hint="Whoever runs this server gives you one. It is kept in this tab until you close it."
          error={refused ? 'The server does not accept this token. Check that all of it was copied.' : null}
        >
          {(props) => (
            <input
              class="control"
              type="password"
              autocomplete="current-password"
              {...props}
              value={text.value}
              onInput={(event) => {
                text.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
        <Button look="primary" type="submit">
          Sign in
        </Button>
      </form>
    </Dialog>
  );
}
