/**
 * Build of the front end. `vite` and `vite preview` answer the API from a mock (dev/mock) unless
 * YAGURA_PROXY names a console (https://127.0.0.1:8443). The mock is never part of dist/.
 */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockConsole } from './dev/mock/plugin';

// Times are written in the reader's zone: the tests have one.
if (process.env['VITEST']) process.env['TZ'] = 'Asia/Tokyo';

const proxied = process.env['YAGURA_PROXY'];
const proxy = proxied
  ? Object.fromEntries(
      ['/api', '/healthz'].map((path) => [
        path,
        // The console compares Origin with its own address; the certificate is the site's own.
        { target: proxied, secure: false, changeOrigin: true, headers: { origin: proxied } },
      ]),
    )
  : undefined;

export default defineConfig({
  plugins: [react(), ...(proxied || process.env['VITEST'] ? [] : [mockConsole()])],
  server: { host: '127.0.0.1', port: 5173, strictPort: true, proxy },
  preview: { host: '127.0.0.1', port: 4173, strictPort: true, proxy },
  build: {
    target: 'es2022',
    sourcemap: false,
    // No data: URLs for scripts or fonts; the policy allows them for images only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    chunkSizeWarningLimit: 320,
    rollupOptions: {
      output: {
        // Few files: the console speaks HTTP/1.1, where every further request waits its turn.
        manualChunks(id) {
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) return 'react';
          if (
            /node_modules\/(@tanstack\/(react-router|router|history|query|react-query|react-store|store)|openapi-fetch)/.test(
              id,
            )
          )
            return 'data';
          if (/node_modules\/(i18next|react-i18next)\//.test(id)) return 'text';
          if (/node_modules\/(uplot)\//.test(id)) return 'chart';
          if (/node_modules\/(@tanstack\/(react-table|table|react-virtual|virtual))/.test(id))
            return 'table';
          if (/node_modules\//.test(id)) return 'ui';
          if (/\/src\/(components|app|lib|api|i18n\/index)/.test(id)) return 'app';
          return undefined;
        },
      },
    },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'dev/**/*.test.ts'],
    restoreMocks: true,
    pool: 'threads',
    poolOptions: { threads: { maxThreads: 2 } },
  },
});
