/** Problems as the server states them (code + parameters), and how they become words. */
import type { FieldProblem, Problem } from './types';

/** Thrown by every API call that did not succeed. Without an answer the code is `no-connection`. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code} (${problem.status})`);
    this.name = 'ApiError';
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

const made = (code: string, status: number, title: string, requestId: string): Problem => ({
  type: 'about:blank',
  title,
  status,
  code,
  params: {},
  request_id: requestId,
});

/** Reads a problem document; whatever else came (a proxy's page, nothing) becomes one too. */
export function problemFrom(body: unknown, response: Response | null): Problem {
  const requestId = response?.headers.get('X-Request-Id') ?? '';
  if (!response) return made('no-connection', 0, 'No connection to the console', '');
  if (typeof body === 'object' && body !== null && 'code' in body) {
    const given = body as Partial<Problem>;
    return {
      type: String(given.type ?? 'about:blank'),
      title: String(given.title ?? ''),
      status: response.status,
      code: String(given.code),
      params: typeof given.params === 'object' && given.params !== null ? given.params : {},
      request_id: String(given.request_id ?? requestId),
    };
  }
  return made('unreadable-answer', response.status, response.statusText, requestId);
}

/** What browsers say when a chunk of the program cannot be fetched (offline, or an update). */
const partMissing = /dynamically imported module|importing a module script|preload CSS/i;

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof Error && partMissing.test(error.message)) {
    return made('page-part-missing', 0, error.message, '');
  }
  return made('page-error', 0, error instanceof Error ? error.message : String(error), '');
}

export function fieldProblems(problem: Problem): FieldProblem[] {
  const fields: unknown = problem.params.fields;
  if (!Array.isArray(fields)) return [];
  return fields.filter(
    (f): f is FieldProblem => typeof f === 'object' && f !== null && 'field' in f && 'code' in f,
  );
}

/** Parameters as text for a sentence; numbers stay numbers so that plurals work. */
export function sentenceParams(params: object): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(params)) {
    if (typeof value === 'number') out[key] = value;
    else if (typeof value === 'string') {
      out[key] = /^-?\d+(\.\d+)?$/.test(value) && value.length < 16 ? Number(value) : value;
    }
  }
  if (out['count'] === undefined) {
    const first = out['min'] ?? out['retry_after_s'] ?? out['max'];
    if (typeof first === 'number') out['count'] = first;
  }
  return out;
}

/** Worth trying again by itself: no connection, or the server said it was its own fault. */
export function isTransient(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status >= 500;
}
