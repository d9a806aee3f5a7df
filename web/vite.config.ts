import { defineConfig } from 'vite';

/** `npm run build` calls it through scripts/studio/build.ts; `npm run studio` serves the page with reloading beside a running server. */
const SERVER = process.env['AZIMUTH_URL'] ?? 'http://127.0.0.1:4000';

export default defineConfig({
  base: './',
  server: {
    proxy: {
      '/graphql': { target: SERVER, ws: true },
      '/images': SERVER,
      '/directions': SERVER,
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // On a busy machine everything is slow: no news.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
