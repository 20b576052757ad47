/** The head of a page: name, one line about it, what can be done, and how old the figures are. */
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from '../i18n';
import css from './page.module.css';
import { Time } from './time';

interface PageHeadProps {
  title: ReactNode;
  /** For the window's title, when `title` is not plain text. */
  name: string;
  sub?: ReactNode;
  actions?: ReactNode;
  /** When the shown figures arrived (ms since the epoch). */
  updatedAt?: number | undefined;
}

export function PageHead({ title, name, sub, actions, updatedAt }: PageHeadProps) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${name} · Yagura`;
  }, [name]);
  return (
    <div className={css.head}>
      <div className={css.text}>
        <h1 className={css.title}>{title}</h1>
        {sub && <div className={css.sub}>{sub}</div>}
      </div>
      <div className={css.side}>
        {updatedAt ? (
          <span className={css.updated}>
            {t('common.as_of')} <Time value={updatedAt / 1000} />
          </span>
        ) : null}
        {actions}
      </div>
    </div>
  );
}

interface PanelProps {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
  flush?: boolean;
}

export function Panel({ title, aside, children, className, flush }: PanelProps) {
  return (
    <section className={`${css.panel} ${className ?? ''}`}>
      <div className={css.panelHead}>
        <h2 className={css.panelTitle}>{title}</h2>
        {aside}
      </div>
      <div className={flush ? css.flush : css.panelBody}>{children}</div>
    </section>
  );
}

/** A list of name and value, as a description list. */
export function Facts({ items }: { items: [name: string, value: ReactNode][] }) {
  return (
    <dl className={css.facts}>
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
