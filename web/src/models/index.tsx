import { route } from '../shell/router';
import { ModelGrid } from './model-grid';
import { ModelPage } from './model-page';
import './models.css';

/** All models, or one of them. */
export function Models() {
  const { id } = route.value;
  return id ? <ModelPage key={id} id={id} /> : <ModelGrid />;
}
