import type { History, Module } from '../../api/types';
import { Time } from '../../components/time';
import { useTranslation } from '../../i18n';
import css from './chart.module.css';

const mostRows = 50;

/** Texts have no line to draw: what it said, and since when. */
export function TextHistory({ module, history }: { module: Module; history: History | undefined }) {
  const { t } = useTranslation();
  const rows = (history?.texts ?? []).slice(-mostRows).reverse();
  return (
    <div className={css.texts}>
      <h3>{module.name}</h3>
      {rows.length === 0 ? (
        <p className="y-muted">{t('chart.summary_empty', { name: module.name })}</p>
      ) : (
        <table className={css.values}>
          <thead>
            <tr>
              <th scope="col">{t('chart.since')}</th>
              <th scope="col">{t('chart.text')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([at, text]) => (
              <tr key={at}>
                <td>
                  <Time value={at} show="both" />
                </td>
                <td>{text}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
