/**
 * The one client of the API. It adds the anti-forgery token to every change, turns every failure
 * into an ApiError and tells `connection` whether the console answers at all.
 */
import createClient from 'openapi-fetch';
import { connection } from './connection';
import { ApiError, problemFrom } from './problem';
import type { paths } from './types';

let csrfToken = '';

/** Called whenever a session is read, begun, renewed or ended. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

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
  fetch: send,
});

api.use({
  onRequest({ request }) {
    request.headers.set('Accept', 'application/json, application/problem+json');
    if (!safeMethods.has(request.method) && csrfToken) {
      request.headers.set('X-CSRF-Token', csrfToken);
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
