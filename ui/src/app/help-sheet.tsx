import { CloseButton, Kbd, Modal } from '@mantine/core';
import { useTranslation } from '../i18n';
import css from './help-sheet.module.css';

export function HelpSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const rows: [string[], string][] = [
    [['/'], t('help.search')],
    [['?'], t('help.help')],
    [['j', '↓'], t('help.down')],
    [['k', '↑'], t('help.up')],
    [['Enter'], t('help.open')],
    [['Space'], t('help.select')],
    [['Home', 'End'], t('help.ends')],
    [['←', '→'], t('help.pan')],
    [['+', '−'], t('help.zoom')],
    [['0'], t('help.reset')],
    [['Esc'], t('help.close')],
  ];
  return (
    // A heading of our own: the component's is a second banner landmark.
    <Modal.Root opened={opened} onClose={onClose} size="lg">
      <Modal.Overlay />
      <Modal.Content aria-label={t('help.title')}>
        <Modal.Body>
          <div className={css.head}>
            <h2>{t('help.title')}</h2>
            <CloseButton aria-label={t('common.close')} onClick={onClose} />
          </div>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">{t('help.key')}</th>
                <th scope="col">{t('help.does')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([keys, does]) => (
                <tr key={does}>
                  <td>
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </td>
                  <td>{does}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className={css.note}>{t('help.note')}</p>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
