import { useEffect } from 'preact/hooks';
import { Directions } from './directions/index';
import { Discover } from './discover/index';
import { Edit } from './edit/index';
import { Models } from './models/index';
import { Empty } from './parts/notice';
import { href, route } from './shell/router';
import { Shell } from './shell/shell';

const VIEWS: Readonly<Record<string, { readonly title: string; readonly View: () => preact.JSX.Element }>> = {
  '': { title: 'Models', View: Models },
  models: { title: 'Models', View: Models },
  discover: { title: 'Discover', View: Discover },
  directions: { title: 'Directions', View: Directions },
  edit: { title: 'Edit', View: Edit },
};

export function App() {
  const { title, View } = VIEWS[route.value.view] ?? { title: 'Not found', View: NotFound };
  useEffect(() => {
    document.title = `${title} · Azimuth`;
  }, [title]);
  return (
    <Shell>
      <View />
    </Shell>
  );
}

function NotFound() {
  return (
    <Empty title="There is no such page">
      <p>
        The address may be mistyped. <a href={href('models')}>Go to the models</a>.
      </p>
    </Empty>
  );
}
