// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { isCommandKey, nextRow } from './table-keys';

describe('rows by keyboard', () => {
  it('move within the table', () => {
    expect(nextRow(-1, 'j', 5)).toBe(0);
    expect(nextRow(0, 'j', 5)).toBe(1);
    expect(nextRow(4, 'j', 5)).toBe(4);
    expect(nextRow(0, 'k', 5)).toBe(0);
    expect(nextRow(-1, 'k', 5)).toBe(0);
    expect(nextRow(3, 'ArrowUp', 5)).toBe(2);
    expect(nextRow(3, 'Home', 5)).toBe(0);
    expect(nextRow(0, 'End', 5)).toBe(4);
    expect(nextRow(1, 'PageDown', 5)).toBe(4);
    expect(nextRow(-1, 'PageUp', 5)).toBe(0);
  });
  it('do not move for other keys or in an empty table', () => {
    expect(nextRow(0, 'x', 5)).toBeNull();
    expect(nextRow(-1, 'j', 0)).toBeNull();
  });
});

describe('single letters', () => {
  const press = (target: HTMLElement, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent('keydown', { key: 'j', ...more });
    Object.defineProperty(event, 'target', { value: target });
    return isCommandKey(event);
  };
  const element = (html: string): HTMLElement => {
    const box = document.createElement('div');
    box.innerHTML = html;
    return box.firstElementChild as HTMLElement;
  };
  it('are commands outside of fields only', () => {
    expect(press(element('<a href="#">x</a>'))).toBe(true);
    expect(press(element('<input type="checkbox">'))).toBe(true);
    expect(press(element('<input type="search">'))).toBe(false);
    expect(press(element('<textarea></textarea>'))).toBe(false);
    expect(press(element('<select></select>'))).toBe(false);
  });
  it('with Ctrl, Alt or while kana are converted belong to others', () => {
    const link = element('<a href="#">x</a>');
    expect(press(link, { ctrlKey: true })).toBe(false);
    expect(press(link, { altKey: true })).toBe(false);
    expect(press(link, { isComposing: true })).toBe(false);
  });
});
