import { describe, expect, it } from 'vitest';
import {
  cleanText,
  decodeEventFilter,
  decodeHostFilter,
  decodeHostView,
  encodeEventFilter,
  encodeHostFilter,
  encodeHostView,
  parseSearch,
  safeNext,
  stringifySearch,
} from './filters';

describe('text that people type', () => {
  it('full width and odd spaces mean the same as half width', () => {
    expect(cleanText('  ＤＢ０１　本番 ')).toBe('DB01 本番');
    expect(cleanText('ｶﾅ')).toBe('カナ');
    expect(cleanText('x'.repeat(500))).toHaveLength(200);
  });
});

describe('the filter of hosts', () => {
  it('survives the way through the address', () => {
    const filter = decodeHostFilter({
      q: 'ｗｅｂ',
      status: 'warning,critical,nonsense',
      group: '7',
      sort: 'name',
      order: 'desc',
      approval: 'pending',
    });
    expect(filter.status).toEqual(['critical', 'warning']);
    const address = stringifySearch(encodeHostFilter(filter));
    expect(address).toBe(
      '?q=web&status=critical,warning&group=7&approval=pending&sort=name&order=desc',
    );
    expect(decodeHostFilter(parseSearch(address))).toEqual(filter);
  });
  it('by default leaves the address plain', () => {
    expect(encodeHostFilter(decodeHostFilter({}))).toEqual({});
  });
  it('drops what makes no sense instead of asking the server for it', () => {
    const filter = decodeHostFilter({ group: '-1; drop', sort: 'password', order: 'up', q: null });
    expect(filter).toEqual(decodeHostFilter({}));
  });
  it('keeps text with signs of its own', () => {
    const filter = decodeHostFilter({ q: 'a&b=c,d #1' });
    expect(decodeHostFilter(parseSearch(stringifySearch(encodeHostFilter(filter)))).q).toBe(
      'a&b=c,d #1',
    );
  });
});

describe('the filter of events', () => {
  it('survives the way through the address', () => {
    const filter = decodeEventFilter({
      severity: 'major',
      status: 'new',
      period: 'all',
      agent: '3',
    });
    expect(decodeEventFilter(encodeEventFilter(filter))).toEqual(filter);
    expect(encodeEventFilter(decodeEventFilter({}))).toEqual({});
  });
});

describe('the view of a host', () => {
  it('tells nobody chose from chosen to be none', () => {
    expect(decodeHostView({}).modules).toBeNull();
    expect(decodeHostView({ m: 'none' }).modules).toEqual([]);
    expect(encodeHostView({ ...decodeHostView({}), modules: [] })).toEqual({ m: 'none' });
    expect(encodeHostView(decodeHostView({}))).toEqual({});
  });
  it('has a preset or a range of its own, never both', () => {
    expect(decodeHostView({ range: '7d' })).toMatchObject({ preset: '7d', from: null });
    const own = decodeHostView({ range: '7d', from: '100', to: '900' });
    expect(own).toMatchObject({ preset: null, from: 100, to: 900 });
    expect(encodeHostView(own)).toEqual({ from: '100', to: '900' });
    const none = { preset: null, from: null, to: null };
    expect(decodeHostView({ from: '900', to: '100' })).toMatchObject(none);
    expect(decodeHostView({ range: 'toString' })).toMatchObject(none);
    expect(encodeHostView(decodeHostView({ range: '24h' }))).toEqual({ range: '24h' });
  });
  it('holds each module once, and eight at most', () => {
    expect(decodeHostView({ m: '4,4,x,5' }).modules).toEqual([4, 5]);
    expect(decodeHostView({ m: '1,2,3,4,5,6,7,8,9,10' }).modules).toHaveLength(8);
  });
});

describe('where to go after signing in', () => {
  it('is a path of this site and nothing else', () => {
    expect(safeNext('/hosts/3?m=4')).toBe('/hosts/3?m=4');
    for (const bad of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      '/a\nb',
      'javascript:alert(1)',
      '/sign-in?next=/sign-in',
      undefined,
      7,
    ]) {
      expect(safeNext(bad)).toBe('/');
    }
  });
});
