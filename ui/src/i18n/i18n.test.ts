import { describe, expect, it } from 'vitest';
import { findMistakes } from '../../scripts/i18n-rules.mjs';
import en from './en.json';
import ja from './ja.json';

const any = () => true;

describe('the comparison of dictionaries', () => {
  it('finds what is missing on either side, and what nothing uses', () => {
    expect(findMistakes({ a: 'あ' }, { a: 'a', b: 'b' }, any)).toEqual(['ja.json lacks b']);
    expect(findMistakes({ a: 'あ', b: 'い' }, { a: 'a' }, any)).toEqual(['en.json lacks b']);
    expect(findMistakes({ a: 'あ' }, { a: 'a' }, () => false)).toEqual(['nothing uses a']);
  });
  it('finds placeholders that differ, but not the plural forms of English', () => {
    expect(findMistakes({ a: '{{x}}' }, { a: '{{y}}' }, any)).toEqual(['placeholders differ at a']);
    expect(
      findMistakes({ a_other: '{{n}} 件' }, { a_one: 'one', a_other: '{{n}} things' }, any),
    ).toEqual([]);
  });
  it('finds empty texts', () => {
    expect(findMistakes({ a: ' ' }, { a: 'a' }, any)).toEqual(['empty text at a']);
  });
});

it('the two dictionaries say the same things', () => {
  const flat = (node: object, prefix = ''): Record<string, string> =>
    Object.fromEntries(
      Object.entries(node).flatMap(([key, value]) =>
        typeof value === 'string'
          ? [[prefix + key, value]]
          : Object.entries(flat(value as object, `${prefix}${key}.`)),
      ),
    );
  expect(findMistakes(flat(ja), flat(en), any)).toEqual([]);
  // Japanese is Japanese: nearly every text has kana or kanji in it.
  const texts = Object.values(flat(ja));
  const japanese = texts.filter((text) => /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u.test(text));
  expect(japanese.length / texts.length).toBeGreaterThan(0.97);
});
