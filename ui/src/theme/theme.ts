/** Mantine's theme: our indigo (藍) as primary colour, system fonts only (no font is downloaded). */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const ai: MantineColorsTuple = [
  '#eef4fa',
  '#dbe7f2',
  '#b6cfe5',
  '#8eb5d8',
  '#86b7e4',
  '#4f88bb',
  '#3a72a6',
  '#1f4e79',
  '#1a4267',
  '#133451',
];

/** The dark scheme's greys with the blue of the rail in them (墨). Index 0 is text, 7 the ground. */
const sumi: MantineColorsTuple = [
  '#d5dde5',
  '#b3bfca',
  '#9dabb7',
  '#75848f',
  '#3a4855',
  '#26333f',
  '#1b2732',
  '#17212b',
  '#111a22',
  '#0d141a',
];

export const theme = createTheme({
  primaryColor: 'ai',
  colors: { ai, dark: sumi },
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    "-apple-system, 'Segoe UI', 'Noto Sans JP', 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic UI', Meiryo, sans-serif",
  fontFamilyMonospace:
    "ui-monospace, SFMono-Regular, 'Cascadia Mono', Consolas, 'Noto Sans Mono', 'Noto Sans Mono CJK JP', monospace",
  headings: { fontWeight: '650' },
});
