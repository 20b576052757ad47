/** The frame of every page behind the sign-in: navigation with live counters, top bar, banner. */
import { ActionIcon, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import {
  Bell,
  CircleUser,
  HeartPulse,
  Keyboard,
  KeyRound,
  LogOut,
  Rows3,
  Server,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { healthQuery, hostCountsQuery, newEventsQuery } from '../api/queries';
import { useSignOut } from './sign-out';
import { Mark } from '../components/mark';
import { useLanguage, useTranslation } from '../i18n';
import { number } from '../lib/format';
import { isCommandKey } from '../lib/table-keys';
import { ConnectionBanner } from './connection-banner';
import css from './frame.module.css';
import { HelpSheet } from './help-sheet';
import { searchFieldId } from './search-field';
import { useApplyStoredPreferences, usePreferences } from './preferences';
import { useSession } from './session';
import { Switches } from './switches';

const preloadAfterMs = 1500;
const pages: (() => Promise<unknown>)[] = [
  () => import('../pages/hosts/hosts'),
  () => import('../pages/host/host'),
  () => import('../pages/events/events'),
  () => import('../pages/health/health'),
];

export function Frame() {
  const { t } = useTranslation();
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const path = useRouterState({ select: (s) => s.location.pathname });
  useApplyStoredPreferences();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isCommandKey(event)) return;
      if (event.key === '?') {
        event.preventDefault();
        setHelp((open) => !open);
      } else if (event.key === '/') {
        event.preventDefault();
        const field = document.getElementById(searchFieldId);
        if (field) field.focus();
        else
          void navigate({ to: '/hosts' }).then(() =>
            setTimeout(() => document.getElementById(searchFieldId)?.focus(), 50),
          );
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate]);

  // With all pages at hand a click works at once, and also while the console is away.
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const load of pages) load().catch(() => undefined);
    }, preloadAfterMs);
    return () => clearTimeout(timer);
  }, []);

  return (
    <div className={css.frame}>
      <a className={css.skip} href="#content">
        {t('frame.skip')}
      </a>
      <aside className={`${css.rail} y-no-print`}>
        <Link to="/hosts" className={css.brand}>
          <Mark size={30} />
          <span className={css.brandText}>
            Yagura<small lang="ja">櫓</small>
          </span>
        </Link>
        <Navigation />
      </aside>
      <header className={`${css.top} y-no-print`}>
        <Link to="/hosts" className={css.brandSmall} aria-label={t('frame.home')}>
          <Mark size={26} />
        </Link>
        <Crumbs path={path} />
        <div className={css.tools}>
          <Switches signedIn />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('frame.help')}
            onClick={() => setHelp(true)}
          >
            <Keyboard size={18} aria-hidden="true" />
          </ActionIcon>
          <Account />
        </div>
      </header>
      <div className={css.banner}>
        <ConnectionBanner />
      </div>
      <main id="content" tabIndex={-1} className={css.main}>
        <Outlet />
      </main>
      <HelpSheet opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function Navigation() {
  const { t } = useTranslation();
  const language = useLanguage();
  const counts = useQuery(hostCountsQuery).data?.counts;
  const fresh = useQuery(newEventsQuery).data;
  const health = useQuery(healthQuery).data?.status;
  const critical = counts?.critical ?? 0;
  return (
    <nav aria-label={t('frame.navigation')}>
      <ul className={css.nav}>
        <NavItem to="/hosts" icon={Server} label={t('nav.hosts')}>
          {critical > 0 && (
            <span className={css.count} data-tone="critical">
              {number(critical, language)}
              <span className="y-hidden"> {t('nav.critical_hosts', { count: critical })}</span>
            </span>
          )}
        </NavItem>
        <NavItem to="/events" icon={Bell} label={t('nav.events')}>
          {fresh ? (
            <span className={css.count}>
              {number(fresh, language)}
              <span className="y-hidden"> {t('nav.new_events', { count: fresh })}</span>
            </span>
          ) : null}
        </NavItem>
        <NavItem to="/health" icon={HeartPulse} label={t('nav.health')}>
          {health && health !== 'ok' && (
            <span className={css.count} data-tone={health === 'failing' ? 'critical' : 'warning'}>
              <span aria-hidden="true">!</span>
              <span className="y-hidden">{t(`health_status.${health}`)}</span>
            </span>
          )}
        </NavItem>
      </ul>
    </nav>
  );
}

interface NavItemProps {
  to: '/hosts' | '/events' | '/health';
  icon: LucideIcon;
  label: string;
  children?: ReactNode;
}

function NavItem({ to, icon: Icon, label, children }: NavItemProps) {
  return (
    <li>
      <Link to={to} className={css.link} activeProps={{ 'data-active': true }}>
        <Icon size={18} aria-hidden="true" />
        <span className={css.label}>{label}</span>
        {children}
      </Link>
    </li>
  );
}

function Crumbs({ path }: { path: string }) {
  const { t } = useTranslation();
  const deep = /^\/hosts\/./.test(path);
  const name = useCrumbName();
  if (!deep) return <span className={css.crumbs} />;
  return (
    <nav aria-label={t('frame.breadcrumb')} className={css.crumbs}>
      <ol>
        <li>
          <Link to="/hosts">{t('nav.hosts')}</Link>
        </li>
        <li aria-current="page" className="y-clip">
          {name}
        </li>
      </ol>
    </nav>
  );
}

/** The page's own name, as it put it into the window's title. */
function useCrumbName(): string {
  const [name, setName] = useState('');
  useEffect(() => {
    const title = document.querySelector('title');
    const read = () => setName(document.title.replace(/ · Yagura$/, ''));
    read();
    if (!title) return undefined;
    const observer = new MutationObserver(read);
    observer.observe(title, { childList: true, characterData: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return name;
}

function Account() {
  const { t } = useTranslation();
  const session = useSession();
  const { density, change } = usePreferences(true);
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" withinPortal shadow="md" width={240}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('frame.account', { name: session?.full_name || session?.user || '' })}
        >
          <CircleUser size={19} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session?.full_name || session?.user}
          {session?.full_name ? ` (${session.user})` : ''}
        </Menu.Label>
        <Menu.Item
          leftSection={<Rows3 size={15} aria-hidden="true" />}
          onClick={() => change({ density: density === 'compact' ? 'comfortable' : 'compact' })}
        >
          {t(density === 'compact' ? 'frame.roomy_rows' : 'frame.dense_rows')}
        </Menu.Item>
        <Menu.Item
          component={Link}
          to="/password"
          leftSection={<KeyRound size={15} aria-hidden="true" />}
        >
          {t('frame.change_password')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} aria-hidden="true" />} onClick={signOut}>
          {t('frame.sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
