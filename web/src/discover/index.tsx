import { route } from '../shell/router';
import './discover.css';
import { RunPage } from './run-page';
import { Start } from './start';

/** A new run and those there are, or one of them. */
export function Discover() {
  const { id } = route.value;
  return id ? <RunPage key={id} id={id} /> : <Start />;
}
