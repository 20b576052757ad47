export const pluralSuffix: RegExp;
export function findMistakes(
  ja: Record<string, string>,
  en: Record<string, string>,
  isUsed: (key: string) => boolean,
): string[];
