/** Words for a problem: its code has a sentence in each language; an unknown code stays readable. */
import { useCallback } from 'react';
import { fieldProblems, sentenceParams } from '../api/problem';
import type { Problem } from '../api/types';
import { useTranslation } from '../i18n';

export interface ProblemText {
  title: string;
  hint: string;
  fields: string[];
}

type Lookup = (key: string, params: Record<string, string | number>) => string;

/** The sentence under `group.code.part`, or the fallback when that code has none. */
export function sentence(
  lookup: Lookup,
  exists: (key: string, params: Record<string, string | number>) => boolean,
  key: string,
  params: Record<string, string | number>,
  fallback: string,
): string {
  return exists(key, params) ? lookup(key, params) : fallback;
}

export function useProblemText(): (problem: Problem) => ProblemText {
  const { t, i18n } = useTranslation();
  return useCallback(
    (problem: Problem) => {
      const lookup = t as unknown as Lookup;
      const exists = (key: string, params: Record<string, string | number>) =>
        i18n.exists(key, params);
      const params = sentenceParams(problem.params);
      const say = (key: string, own: typeof params, fallback: string) =>
        sentence(lookup, exists, key, own, fallback);
      return {
        title: say(
          `problem.code.${problem.code}.title`,
          params,
          t('problem.unknown', { title: problem.title || problem.code }),
        ),
        hint: say(`problem.code.${problem.code}.hint`, params, ''),
        fields: fieldProblems(problem).map((field) => {
          const own = sentenceParams(field.params);
          return say(
            `problem.field.${field.code}`,
            { ...own, field: field.field },
            t('problem.field_unknown', { field: field.field, code: field.code }),
          );
        }),
      };
    },
    [t, i18n],
  );
}
