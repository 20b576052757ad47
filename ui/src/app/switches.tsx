/** Language and theme switches, the same on the sign-in page and in the frame. */
import { ActionIcon, Menu } from '@mantine/core';
import { Check, Languages, Monitor, Moon, Sun } from 'lucide-react';
import type { Language, Theme } from '../api/types';
import { useTranslation } from '../i18n';
import { usePreferences } from './preferences';

const languages: [Language, string][] = [
  ['ja', '日本語'],
  ['en', 'English'],
];
const themes: [Theme, typeof Sun][] = [
  ['auto', Monitor],
  ['light', Sun],
  ['dark', Moon],
];

export function Switches({ signedIn }: { signedIn: boolean }) {
  const { t } = useTranslation();
  const { language, theme, change } = usePreferences(signedIn);
  const ThemeIcon = themes.find(([name]) => name === theme)?.[1] ?? Monitor;
  return (
    <>
      <Menu position="bottom-end" withinPortal shadow="md" width={160}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('frame.language')}>
            <Languages size={18} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {languages.map(([code, name]) => (
            <Menu.Item
              key={code}
              lang={code}
              aria-current={language === code ? 'true' : undefined}
              rightSection={language === code && <Check size={14} aria-hidden="true" />}
              onClick={() => change({ language: code })}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" withinPortal shadow="md" width={180}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('frame.theme')}>
            <ThemeIcon size={18} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {themes.map(([name, Icon]) => (
            <Menu.Item
              key={name}
              aria-current={theme === name ? 'true' : undefined}
              leftSection={<Icon size={15} aria-hidden="true" />}
              rightSection={theme === name && <Check size={14} aria-hidden="true" />}
              onClick={() => change({ theme: name })}
            >
              {t(`theme.${name}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
