/** A new password: asked for at the first sign-in, or wished for later. */
import { Button, PasswordInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { changePassword, sessionQuery } from '../api/queries';
import { EntryPage } from '../app/entry-page';
import { useSession } from '../app/session';
import { useSignOut } from '../app/sign-out';
import { useCapsLock } from '../components/caps-lock';
import { ProblemNotice } from '../components/notice';
import { useToast } from '../components/toast';
import { useTranslation } from '../i18n';
import css from './entry-form.module.css';

export function PasswordPage() {
  const { t } = useTranslation();
  const router = useRouter();
  const queryClient = useQueryClient();
  const { next } = useSearch({ from: '/password' });
  const session = useSession();
  const forced = session?.must_change_password ?? true;
  const signOut = useSignOut();
  const toast = useToast();
  const caps = useCapsLock();
  const [current, setCurrent] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== fresh;

  useEffect(() => {
    document.title = `${t('password.title')} · Yagura`;
  }, [t]);

  const change = useMutation({
    mutationFn: () => changePassword(current, fresh),
    onSuccess: (renewed) => {
      queryClient.setQueryData(sessionQuery.queryKey, renewed);
      toast.done(t('password.done'));
      router.history.replace(next ?? '/');
    },
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!differs && !change.isPending) change.mutate();
  };
  const toggle = { 'aria-label': t('sign_in.show_password') };

  return (
    <EntryPage
      title={t('password.title')}
      lead={t(forced ? 'password.lead_forced' : 'password.lead')}
    >
      <form onSubmit={submit} className={css.form}>
        {change.isError && <ProblemNotice error={change.error} />}
        <input
          type="text"
          name="user"
          autoComplete="username"
          value={session?.user ?? ''}
          readOnly
          hidden
        />
        <PasswordInput
          label={t('password.current')}
          name="current"
          autoComplete="current-password"
          autoFocus
          required
          withAsterisk={false}
          size="md"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          visibilityToggleButtonProps={toggle}
          {...caps.handlers}
        />
        <PasswordInput
          label={t('password.new')}
          description={t('password.rule')}
          name="new"
          autoComplete="new-password"
          required
          withAsterisk={false}
          size="md"
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
          visibilityToggleButtonProps={toggle}
          {...caps.handlers}
        />
        <PasswordInput
          label={t('password.again')}
          name="again"
          autoComplete="new-password"
          required
          withAsterisk={false}
          size="md"
          value={again}
          error={differs ? t('password.differs') : undefined}
          onChange={(event) => setAgain(event.currentTarget.value)}
          visibilityToggleButtonProps={toggle}
          {...caps.handlers}
        />
        <p className={css.caps} role="status">
          {caps.on && t('sign_in.caps_lock')}
        </p>
        <Button type="submit" size="md" fullWidth loading={change.isPending}>
          {t('password.submit')}
        </Button>
        <Button
          variant="subtle"
          color="gray"
          onClick={forced ? signOut : () => router.history.back()}
        >
          {t(forced ? 'frame.sign_out' : 'common.cancel')}
        </Button>
      </form>
    </EntryPage>
  );
}
