import { describe, expect, it } from 'vitest';
import {
  bytes,
  duration,
  isoInstant,
  lasted,
  measured,
  moduleValue,
  number,
  percent,
  relative,
  toDate,
} from './format';

const words = { yes: 'Up', no: 'Down', none: 'No value' };

describe('instants', () => {
  it('are ISO with the zone of the reader', () => {
    expect(isoInstant('2026-01-31T04:05:09.120Z')).toBe('2026-01-31 13:05:09 +09:00');
    expect(isoInstant(0)).toBe('1970-01-01 09:00:00 +09:00');
  });
  it('that are none become a dash, not the year 1970', () => {
    expect(isoInstant(null)).toBe('–');
    expect(isoInstant('not a time')).toBe('–');
    expect(toDate('')).toBeNull();
  });
});

describe('distance to now', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  const before = (seconds: number) => new Date(now - seconds * 1000);
  it('uses the largest whole unit', () => {
    expect(relative(before(59), now, 'en')).toMatch(/^59 sec\.? ago$/);
    expect(relative(before(60), now, 'en')).toMatch(/^1 min\.? ago$/);
    expect(relative(before(3 * 86_400), now, 'ja')).toBe('3 日前');
    expect(relative(before(400 * 86_400), now, 'ja')).toBe('1 年前');
  });
  it('says now below five seconds and looks into the future too', () => {
    expect(relative(before(2), now, 'en')).toBe('now');
    expect(relative(before(-7200), now, 'ja')).toBe('2 時間後');
  });
});

describe('durations', () => {
  it('have two units at most and drop an empty second', () => {
    expect(duration(3600, 'en')).toBe('1 hr');
    expect(duration(3661, 'en')).toBe('1 hr 1 min');
    expect(duration(90_061, 'ja')).toBe('1 日 1 時間');
    expect(duration(0, 'en')).toBe('0 secs');
    expect(duration(Number.NaN, 'en')).toBe('–');
    expect(lasted(2579, 'ja')).toBe('42 分');
    expect(lasted(42, 'en')).toBe('42 secs');
  });
});

describe('numbers', () => {
  it('show what matters at their size', () => {
    expect(number(1234567, 'en')).toBe('1,234,567');
    expect(number(1234.56, 'en')).toBe('1,235');
    expect(number(93.456, 'en')).toBe('93.46');
    expect(number(0.000123456, 'en')).toBe('0.000123');
    expect(number(Infinity, 'en')).toBe('–');
  });
  it('carry their unit, bytes scaled by powers of two', () => {
    expect(bytes(1_048_576, 'en')).toBe('1 MiB');
    expect(bytes(-1536, 'en')).toBe('-1.5 KiB');
    expect(bytes(1023, 'en')).toBe('1,023 B');
    expect(measured(93.2, '%', 'en')).toBe('93.2 %');
    expect(measured(5_242_880, 'bytes/s', 'en')).toBe('5 MiB/s');
    expect(measured(7260, 's', 'en')).toBe('2 hrs 1 min');
    expect(measured(12, 's', 'en')).toBe('12 s');
    expect(measured(3, '', 'en')).toBe('3');
    expect(percent(11.44, 'ja')).toBe('11.4 %');
  });
});

describe('values of modules', () => {
  it('of boolean types are words', () => {
    const up = { kind: 'number', number: 1 } as const;
    const down = { kind: 'number', number: 0 } as const;
    expect(moduleValue(up, 'generic_proc', '', 'en', words)).toBe('Up');
    expect(moduleValue(down, 'remote_tcp_proc', '', 'en', words)).toBe('Down');
    expect(moduleValue(down, 'keep_alive', '', 'en', words)).toBe('Down');
    expect(moduleValue(down, 'generic_data', '', 'en', words)).toBe('0');
  });
  it('that are missing are said to be missing', () => {
    expect(moduleValue(null, 'generic_data', '%', 'en', words)).toBe('No value');
  });
  it('that are texts stay as they came', () => {
    const text = { kind: 'text', text: '<b>6.1.0</b>' } as const;
    expect(moduleValue(text, 'generic_data_string', '', 'en', words)).toBe('<b>6.1.0</b>');
  });
});
