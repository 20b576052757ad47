import './theme/mantine.css';
import './theme/tokens.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { watchActivity } from './api/activity';
import { connection } from './api/connection';
import { makeQueryClient } from './api/queries';
import { makeRouter } from './app/router';
import { leaveOnSessionTrouble } from './app/session';
import { startLanguage, TranslationProvider } from './i18n';
import { theme } from './theme/theme';

// The server writes a fresh nonce into this element with every page. It is the only way a style
// element made at run time (Mantine, scroll lock) is accepted by the Content-Security-Policy.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
if (nonce) setNonce(nonce);

watchActivity();
const queryClient = makeQueryClient();
const router = makeRouter(queryClient);
connection.onReturn = () => void queryClient.invalidateQueries();
leaveOnSessionTrouble(queryClient, router);

// The way most visits go: the frame is fetched while the session is still being asked for.
void import('./app/frame').catch(() => undefined);
await startLanguage();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <TranslationProvider>
        <QueryClientProvider client={queryClient}>
          <Notifications position="bottom-right" limit={4} autoClose={6000} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </TranslationProvider>
    </MantineProvider>
  </StrictMode>,
);
