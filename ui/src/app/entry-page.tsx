/** The two pages before the frame share their look: the tower at night, and a form. */
import type { ReactNode } from 'react';
import { Mark } from '../components/mark';
import { ConnectionBanner } from './connection-banner';
import css from './entry-page.module.css';
import { Switches } from './switches';

interface EntryPageProps {
  title: string;
  lead: string;
  children: ReactNode;
}

export function EntryPage({ title, lead, children }: EntryPageProps) {
  return (
    <div className={css.page}>
      <div className={css.scene} aria-hidden="true">
        <Scene />
      </div>
      <div className={css.side}>
        <div className={css.switches}>
          <Switches signedIn={false} />
        </div>
        <ConnectionBanner />
        <main className={css.box}>
          <p className={css.brand}>
            <Mark size={36} />
            <span>Yagura</span>
          </p>
          <h1 className={css.title}>{title}</h1>
          <p className={css.lead}>{lead}</p>
          {children}
        </main>
      </div>
    </div>
  );
}

/** A watchtower over stone walls, its window lit: drawn, not photographed, and 1 kB. */
function Scene() {
  return (
    <svg viewBox="0 0 400 600" preserveAspectRatio="xMidYMax slice" focusable="false">
      <circle cx="292" cy="132" r="40" className={css.moon} />
      <path className={css.far} d="M0 470 60 420l52 34 74-70 66 58 48-30 100 72v116H0z" />
      <g className={css.tower}>
        <path d="M118 300c30-3 62-22 82-56 20 34 52 53 82 56l-10 13H128z" />
        <path d="M140 313h120v42H140z" />
        <path d="M104 378c34-2 70-12 96-32 26 20 62 30 96 32l-11 14H115z" />
        <path d="M128 392h144v54H128z" />
        <path d="M92 446h216l30 154H62z" />
      </g>
      <g className={css.stone}>
        <path d="M86 478h228M80 508h240M74 540h252M68 572h264" />
        <path d="M130 446l-4 32m62-32-1 32m60-32 2 32M106 478l-4 30m60-30-2 30m66-30 1 30m60-30 4 30M128 508l-5 32m72-32v32m72-32 4 32" />
      </g>
      <path className={css.lattice} d="M150 322h100v24H150z" />
      <path className={css.light} d="M182 322h36v24h-36z" />
      <path
        className={css.bars}
        d="M158 322v24m8-24v24m8-24v24m8-24v24m9-24v24m9-24v24m9-24v24m9-24v24m8-24v24m8-24v24m8-24v24"
      />
      <path className={css.lattice} d="M146 406h20v26h-20zm88 0h20v26h-20z" />
      <path className={css.glow} d="M192 402h16v44h-16z" />
    </svg>
  );
}
