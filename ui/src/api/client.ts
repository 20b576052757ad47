/**
 * The one client of the API. It turns every failure into an ApiError, tells `connection` whether the
 * console answers at all, and the console whether a person is behind a request.
 */
import createClient from 'openapi-fetch';
import { somebodyActed } from './activity';
import { connection } from './connection';
import { ApiError, problemFrom } from './problem';
import type { paths } from './types';

let csrfToken = '';

/** The header without which the API's types accept no change: the anti-forgery token. */
export function csrf(): { 'X-CSRF-Token': string } {
  return { 'X-CSRF-Token': csrfToken };
}

/** Called whenever a session is read, begun, renewed or ended. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

async function send(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    connection.answered();
    return response;
  } catch (error) {
    if (request.signal.aborted) throw error;
    connection.failed();
    throw new ApiError(problemFrom(null, null));
  }
}

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  credentials: 'same-origin',
  cache: 'no-store',
  // The API takes lists as one parameter: status=critical,warning
  querySerializer: { array: { style: 'form', explode: false } },
  fetch: send,
});

api.use({
  onRequest({ request }) {
    request.headers.set('Accept', 'application/json, application/problem+json');
    if (request.method === 'GET' && !somebodyActed()) {
      request.headers.set('X-Background-Refresh', '1');
    }
    return request;
  },
});

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer, or an ApiError thrown. */
export async function unwrap<T>(outcome: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await outcome;
  if (!response.ok) throw new ApiError(problemFrom(error, response));
  return data as T;
}
