/** GET / where the studio has not been built: what is here all the same. */
export function homePage(version: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Azimuth ${version}</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>Azimuth ${version}</h1>
<p>A GraphQL server that discovers interpretable directions in the h-space of a diffusion UNet and edits images along
them. It is running; README.md in its folder has a five-minute tour. The studio, a page to work with, has not been
built: <code>npm run build</code>, and start the server again.</p>
<ul>
<li><code>POST /graphql</code>: queries and mutations, as JSON; introspection is open</li>
<li><code>ws: /graphql</code>: subscriptions, graphql-transport-ws</li>
<li><code>GET /images/&lt;id&gt;</code>, <code>POST /images</code>: image files</li>
<li><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a>: its state</li>
</ul>
</html>
`;
}
