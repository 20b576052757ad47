import { describe, expect, it } from 'vitest';
import en from '../i18n/en.json';
import ja from '../i18n/ja.json';
import openapi from '../../openapi.json';
import {
  ApiError,
  fieldProblems,
  isTransient,
  problemFrom,
  problemOf,
  sentenceParams,
} from './problem';

const response = (status: number) =>
  new Response(null, { status, headers: { 'X-Request-Id': 'r-1' } });

describe('reading problems', () => {
  it('takes code, parameters and request id of a problem document', () => {
    const body = {
      type: 't',
      title: 'T',
      status: 429,
      code: 'too-many-attempts',
      params: { retry_after_s: 30 },
      request_id: 'abc',
    };
    expect(problemFrom(body, response(429))).toMatchObject({
      code: 'too-many-attempts',
      status: 429,
      request_id: 'abc',
      params: { retry_after_s: 30 },
    });
  });
  it('makes one of a page some proxy sent, with the request id of the header', () => {
    expect(problemFrom('<html>', response(502))).toMatchObject({
      code: 'unreadable-answer',
      status: 502,
      request_id: 'r-1',
    });
    expect(problemFrom(undefined, null).code).toBe('no-connection');
    expect(problemFrom({ code: 'x', params: 'odd' }, response(400)).params).toEqual({});
  });
  it('knows a missing part of the page from a mistake in it', () => {
    const missing = new TypeError('Failed to fetch dynamically imported module: /assets/x.js');
    expect(problemOf(missing).code).toBe('page-part-missing');
    expect(problemOf(new Error('x is undefined')).code).toBe('page-error');
    const api = new ApiError(problemFrom(null, null));
    expect(problemOf(api).code).toBe('no-connection');
  });
  it('tries again only what may go better next time', () => {
    expect(isTransient(problemFrom(null, null))).toBe(true);
    expect(isTransient(problemFrom({ code: 'unavailable' }, response(503)))).toBe(true);
    expect(isTransient(problemFrom({ code: 'not-found' }, response(404)))).toBe(false);
  });
});

describe('words for problems', () => {
  it('exist in both languages for every code of the API', () => {
    const codes = openapi.components.schemas.Problem.properties.code.enum;
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) {
      for (const dictionary of [en, ja]) {
        expect(dictionary.problem.code, code).toHaveProperty([code, 'title']);
      }
    }
  });
  it('get numbers as numbers, so that plurals work', () => {
    expect(sentenceParams({ retry_after_s: '30', who: 'x', list: [1] })).toEqual({
      retry_after_s: 30,
      who: 'x',
      count: 30,
    });
  });
  it('of fields are found and nothing else is taken for one', () => {
    const problem = problemFrom(
      {
        code: 'validation-failed',
        params: { fields: [{ field: 'q', code: 'too-long', params: {} }, 7, null] },
      },
      response(422),
    );
    expect(fieldProblems(problem)).toHaveLength(1);
  });
});
