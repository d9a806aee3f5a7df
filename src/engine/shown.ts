const LONGEST = 120;

/** A value from outside as an error message shows it: JSON, cut short; whatever its depth and length. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value nested too deeply to show';
  }
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
